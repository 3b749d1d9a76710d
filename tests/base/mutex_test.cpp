#include "ftpsfs/base/mutex.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace ftpsfs::base {
namespace {

using namespace std::chrono_literals;

// A flag that a thread waits for, the way the layers use CondVar.
class Gate {
 public:
  Status pass(const OpContext& ctx) FTPSFS_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    waiting_ = true;
    changed_.notify_all();
    while (!open_) {
      if (auto ok = changed_.wait(mutex_, ctx, "waiting at the gate"); !ok) return ok;
    }
    return {};
  }

  void await_waiter() FTPSFS_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!waiting_) ASSERT_TRUE(changed_.wait(mutex_, OpContext(), "waiting for the waiter"));
  }

  void open() FTPSFS_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  void knock() { changed_.notify_all(); }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool waiting_ FTPSFS_GUARDED_BY(mutex_) = false;
  bool open_ FTPSFS_GUARDED_BY(mutex_) = false;
};

Errc code_of(const Status& status) { return status ? Errc::internal : status.error().code; }

TEST(CondVar, WakesWhenNotified) {
  Gate gate;
  const std::jthread opener([&gate] {
    gate.await_waiter();
    gate.knock();  // a wake-up without the condition
    gate.open();
  });
  EXPECT_TRUE(gate.pass(OpContext()));
}

TEST(CondVar, WakesAtTheDeadline) {
  Gate gate;
  const auto result = gate.pass(OpContext::with_timeout(10ms));
  EXPECT_EQ(code_of(result), Errc::timed_out);
  EXPECT_EQ(result.error().message, "timed out while waiting at the gate");
}

TEST(CondVar, DeadlineInThePastDoesNotWait) {
  Gate gate;
  EXPECT_EQ(code_of(gate.pass(OpContext::with_timeout(-1ms))), Errc::timed_out);
}

TEST(CondVar, WakesWhenStopped) {
  Gate gate;
  std::stop_source source;
  const std::jthread stopper([&] {
    gate.await_waiter();
    source.request_stop();
  });
  OpContext ctx;
  ctx.stop = source.get_token();
  EXPECT_EQ(code_of(gate.pass(ctx)), Errc::cancelled);
}

TEST(CondVar, StoppedBeforeDoesNotWait) {
  Gate gate;
  std::stop_source source;
  source.request_stop();
  OpContext ctx;
  ctx.stop = source.get_token();
  EXPECT_EQ(code_of(gate.pass(ctx)), Errc::cancelled);
}

TEST(MutexLock, UnlocksInBetween) {
  Mutex mutex;
  int guarded = 0;
  MutexLock lock(mutex);
  lock.unlock();
  {
    const std::jthread other([&] {
      const MutexLock inner(mutex);
      guarded = 1;
    });
  }
  lock.lock();
  EXPECT_EQ(guarded, 1);
}

}  // namespace
}  // namespace ftpsfs::base
