// Many callers at once. Whether a thread joins a question under way or comes when it has been answered is up to the
// scheduler; what the server is asked is the same either way.

#include <atomic>
#include <thread>

#include "metadata_cache_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using base::OpContext;
using std::chrono::milliseconds;

constexpr int kCallers = 8;

class MetadataCacheThreads : public MetadataCacheTest {
 protected:
  // Runs until released, with everybody stuck in one blocked operation or waiting for it.
  template <class Call>
  void run_together(Operation operation, Call call) {
    remote.block(operation);
    std::vector<std::jthread> threads;
    for (int i = 0; i < kCallers; ++i) threads.emplace_back([&, i] { call(i); });
    remote.wait_until_blocked(operation, 1);
    remote.release(operation);
  }
};

TEST_F(MetadataCacheThreads, EqualListsAreAskedOnce) {
  run_together(Operation::list, [&](int) { EXPECT_EQ(list("/d").size(), 3u); });
  EXPECT_EQ(lists(), 1u);
}

TEST_F(MetadataCacheThreads, EqualStatsAreAskedOnce) {
  run_together(Operation::stat, [&](int) { EXPECT_EQ(size_of("/d/a"), 2u); });
  EXPECT_EQ(questions(), 1u);
}

TEST_F(MetadataCacheThreads, DifferentMissesShareOneListing) {
  size_of("/d/a");
  run_together(Operation::list, [&](int i) {
    EXPECT_EQ(outcome(stat("/d/" + std::string(1, static_cast<char>('b' + i)))), i < 2 ? "ok" : "not found");
  });
  EXPECT_EQ(stats(), 1u);
  EXPECT_EQ(lists(), 1u);
}

TEST_F(MetadataCacheThreads, ErrorsOfTheServerAreShared) {
  remote.block(Operation::list);
  remote.lose_next_answer(Operation::list, Errc::permission_denied);
  std::jthread first(
      [&] { EXPECT_TRUE(fails_with(cache->list(path("/d"), soon()), Errc::permission_denied)); });
  remote.wait_until_blocked(Operation::list, 1);
  remote.release(Operation::list);
}

TEST_F(MetadataCacheThreads, AWaiterGivesUpAloneAtHisDeadline) {
  remote.block(Operation::list);
  std::jthread first([&] { EXPECT_EQ(list("/d").size(), 3u); });
  remote.wait_until_blocked(Operation::list, 1);
  EXPECT_TRUE(
      fails_with(cache->list(path("/d"), OpContext::with_timeout(milliseconds(10))), Errc::timed_out));
  remote.release(Operation::list);
  first.join();
  EXPECT_EQ(lists(), 1u);
}

TEST_F(MetadataCacheThreads, AWaiterGivesUpAloneWhenStopped) {
  remote.block(Operation::stat);
  std::jthread first([&] { EXPECT_EQ(size_of("/d/a"), 2u); });
  remote.wait_until_blocked(Operation::stat, 1);
  std::stop_source stop;
  std::jthread second(
      [&] { EXPECT_TRUE(fails_with(cache->stat(path("/d/a"), soon(stop.get_token())), Errc::cancelled)); });
  stop.request_stop();
  second.join();
  remote.release(Operation::stat);
  first.join();
  EXPECT_EQ(stats(), 1u);
}

TEST_F(MetadataCacheThreads, WhenTheFirstIsCancelledOneOfTheWaitingTakesOver) {
  remote.block(Operation::list);
  std::stop_source stop;
  std::jthread first(
      [&] { EXPECT_TRUE(fails_with(cache->list(path("/d"), soon(stop.get_token())), Errc::cancelled)); });
  remote.wait_until_blocked(Operation::list, 1);
  std::vector<std::jthread> others;
  for (int i = 0; i < kCallers; ++i) others.emplace_back([&] { EXPECT_EQ(list("/d").size(), 3u); });
  stop.request_stop();
  first.join();
  remote.wait_until_blocked(Operation::list, 1);
  remote.release(Operation::list);
  others.clear();
  EXPECT_EQ(lists(), 2u);
}

TEST_F(MetadataCacheThreads, WhenTheFirstTimesOutOneOfTheWaitingTakesOver) {
  remote.block(Operation::stat);
  std::jthread first([&] {
    EXPECT_TRUE(
        fails_with(cache->stat(path("/d/a"), OpContext::with_timeout(milliseconds(20))), Errc::timed_out));
  });
  remote.wait_until_blocked(Operation::stat, 1);
  std::vector<std::jthread> others;
  for (int i = 0; i < kCallers; ++i) others.emplace_back([&] { EXPECT_EQ(size_of("/d/a"), 2u); });
  first.join();
  remote.release(Operation::stat);
}

TEST_F(MetadataCacheThreads, ReadersAndChangersAgreeInTheEnd) {
  restart({.max_entries = 50});
  constexpr int kRounds = 200;
  std::atomic<int> unexpected = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const auto own = path("/d/own" + std::to_string(i));
        for (int round = 0; round < kRounds; ++round) {
          const std::string content(static_cast<std::size_t>(round), 'x');
          if (!cache->store(own, upload_of(content), soon())) ++unexpected;
          const auto seen = cache->stat(own, soon());
          if (!seen || seen->size != content.size()) ++unexpected;
          if (!cache->list(path("/d"), soon())) ++unexpected;
          if (!cache->remove_file(own, soon()) || cache->stat(own, soon())) ++unexpected;
        }
      });
    }
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        cache->forget(path("/d"));
        clock.advance(std::chrono::seconds(3));
      }
    });
  }
  EXPECT_EQ(unexpected, 0) << "own changes must be seen at once";
  EXPECT_EQ(list("/d").size(), 3u);
}

}  // namespace
}  // namespace ftpsfs::testing
