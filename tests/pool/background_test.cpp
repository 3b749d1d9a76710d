// Sessions for work that nobody waits for.

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "ftpsfs/pool/session_pool.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using base::OpContext;
using pool::Lease;
using pool::Purpose;

OpContext background() {
  OpContext ctx = test_context();
  ctx.priority = base::Priority::background;
  return ctx;
}

class BackgroundPool : public ::testing::Test {
 protected:
  Lease lend(Purpose purpose, const OpContext& ctx) {
    auto lease = served.stack.pool.acquire(purpose, ctx);
    EXPECT_TRUE(lease) << lease.error().describe();
    return lease ? std::move(*lease) : Lease();
  }

  bool busy() {
    const auto lease = served.stack.pool.acquire(Purpose::command, background());
    return !lease && lease.error().code == Errc::busy;
  }

  ServedStack served{permissive(), {.max_sessions = 3}};
};

TEST_F(BackgroundPool, LeavesOneSessionForCommandsWhateverItsPurpose) {
  const Lease first = lend(Purpose::command, background());
  const Lease second = lend(Purpose::command, background());
  EXPECT_TRUE(busy());
  EXPECT_TRUE(lend(Purpose::command, test_context()));
}

TEST_F(BackgroundPool, DoesNotWait) {
  const Lease first = lend(Purpose::transfer, test_context());
  const Lease second = lend(Purpose::transfer, test_context());
  EXPECT_TRUE(busy());
}

TEST_F(BackgroundPool, TakesAnIdleSession) {
  lend(Purpose::command, test_context()).release();
  EXPECT_TRUE(lend(Purpose::command, background()));
  EXPECT_EQ(served.stack.pool.statistics().opened_ever, 1U);
}

TEST_F(BackgroundPool, ReplacesAnIdleSessionThatTheServerClosed) {
  lend(Purpose::command, test_context()).release();
  served.server.drop_all_control_connections(CutStyle::abrupt);
  ASSERT_TRUE(served.server.counters().wait_until([](const auto& seen) { return seen.control_alive == 0; },
                                                  std::chrono::seconds(10)));
  const Lease lease = lend(Purpose::command, background());
  EXPECT_TRUE(lease.session().perform(ftp::Command::noop(), test_context()));
}

TEST_F(BackgroundPool, WarmsUpNoMoreThanIsMissing) {
  ASSERT_TRUE(served.stack.pool.warm_up(background()));
  ASSERT_TRUE(served.stack.pool.warm_up(background()));
  EXPECT_EQ(served.stack.pool.statistics().idle, 1U);
  EXPECT_EQ(served.stack.pool.statistics().opened_ever, 1U);
}

TEST_F(BackgroundPool, WarmsUpNothingWhereOthersNeedAll) {
  const Lease first = lend(Purpose::transfer, test_context());
  const Lease second = lend(Purpose::transfer, test_context());
  const auto warm = served.stack.pool.warm_up(background());
  ASSERT_FALSE(warm);
  EXPECT_EQ(warm.error().code, Errc::busy);
}

OpContext deferred(std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
  OpContext ctx = OpContext::with_timeout(timeout);
  ctx.priority = base::Priority::deferred;
  return ctx;
}

class DeferredPool : public ::testing::Test {
 protected:
  void serve(std::size_t sessions, std::chrono::milliseconds longest_deferral) {
    served_.emplace(permissive(),
                    pool::PoolOptions{.max_sessions = sessions, .longest_deferral = longest_deferral});
  }

  pool::SessionPool& pool() { return served_->stack.pool; }

  // Until a request with this priority waits, which nothing tells.
  static void give_it_time() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

  static constexpr std::chrono::milliseconds kForever = std::chrono::hours(1);

  std::optional<ServedStack> served_;
};

TEST_F(DeferredPool, LeavesOneSessionForCommandsAndWaits) {
  serve(3, kForever);
  const auto first = pool().acquire(Purpose::transfer, deferred());
  auto second = pool().acquire(Purpose::transfer, deferred());
  ASSERT_TRUE(first && second);
  std::atomic<bool> has_one = false;
  std::jthread third([&] {
    EXPECT_TRUE(pool().acquire(Purpose::command, deferred()));
    has_one = true;
  });
  give_it_time();
  EXPECT_FALSE(has_one);
  EXPECT_TRUE(pool().acquire(Purpose::command, test_context()));
  second->release();
  third.join();
}

TEST_F(DeferredPool, HasTheOnlySessionWhenNobodyElseDoes) {
  serve(1, kForever);
  EXPECT_TRUE(pool().acquire(Purpose::transfer, deferred()));
}

TEST_F(DeferredPool, AsksLikeAnybodyElseAfterAWhile) {
  serve(2, std::chrono::milliseconds(1));
  const auto somebody = pool().acquire(Purpose::command, test_context());
  EXPECT_TRUE(pool().acquire(Purpose::command, deferred()));
}

TEST_F(DeferredPool, WaitsNoLongerThanItsDeadlineOrAStop) {
  serve(1, kForever);
  const auto somebody = pool().acquire(Purpose::command, test_context());
  const auto late = pool().acquire(Purpose::transfer, deferred(std::chrono::milliseconds(1)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::timed_out);

  std::stop_source stop;
  OpContext ctx = deferred();
  ctx.stop = stop.get_token();
  std::jthread waiting([&] {
    const auto stopped = pool().acquire(Purpose::transfer, ctx);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Errc::cancelled);
  });
  give_it_time();
  stop.request_stop();
}

TEST(BackgroundPoolOfOne, IsNeverLent) {
  ServedStack served(permissive(), {.max_sessions = 1});
  const auto lease = served.stack.pool.acquire(Purpose::transfer, background());
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().code, Errc::busy);
}

TEST(BackgroundPoolOfALimitedServer, DoesNotProbeTheLimit) {
  ServedStack served(permissive(), {.max_sessions = 4, .limit_memory = std::chrono::milliseconds(0)});
  served.server.faults().limit_connections(2);
  auto& pool = served.stack.pool;
  {
    const auto first = pool.acquire(Purpose::command, test_context());
    const auto second = pool.acquire(Purpose::command, test_context());
    const auto third =
        pool.acquire(Purpose::command, OpContext::with_timeout(std::chrono::milliseconds(150)));
    ASSERT_TRUE(first && second && !third);
    const auto connections = served.server.snapshot().control_connections;
    EXPECT_FALSE(pool.warm_up(background()));
    EXPECT_EQ(served.server.snapshot().control_connections, connections);
  }
  EXPECT_TRUE(pool.warm_up(background()));
}

}  // namespace
}  // namespace ftpsfs::testing
