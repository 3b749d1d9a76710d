#include "ftpsfs/base/rate_limiter.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <limits>
#include <mutex>
#include <string>
#include <thread>

#include "support/fake_clock.h"

namespace ftpsfs::base {
namespace {

using namespace std::chrono_literals;
using testing::FakeClock;

constexpr std::size_t kRate = 80'000;
constexpr std::size_t kCapacity = 8'000;
constexpr std::size_t kTurn = kCapacity / 2;  // what somebody who wants more waits for
constexpr auto kTimeOfATurn = 50ms;
constexpr std::size_t kMuch = 1'000'000;

OpContext patient(Priority priority = Priority::foreground) {
  OpContext ctx = OpContext::with_timeout(20s);
  ctx.priority = priority;
  return ctx;
}

OpContext impatient() { return OpContext::with_timeout(10ms); }

class RateLimiterTest : public ::testing::Test {
 protected:
  std::size_t take(std::size_t wanted) {
    const auto taken = limiter_.take(wanted, impatient());
    return taken ? *taken : 0;
  }

  void wait_until_waiting(std::size_t callers) const {
    while (limiter_.waiting() != callers) std::this_thread::yield();
  }

  FakeClock clock_;
  RateLimiter limiter_{kRate, clock_};
};

TEST_F(RateLimiterTest, LetsATenthOfASecondPassAtOnceAndNoMore) {
  EXPECT_EQ(limiter_.most_at_once(), kCapacity);
  EXPECT_EQ(take(kMuch), kCapacity);
  EXPECT_EQ(take(1), 0U);
  clock_.advance(1h);
  EXPECT_EQ(take(kMuch), kCapacity);
  EXPECT_EQ(take(1), 0U);
}

TEST_F(RateLimiterTest, GivesNoMoreThanIsWanted) {
  EXPECT_EQ(take(10), 10U);
  EXPECT_EQ(take(kMuch), kCapacity - 10);
}

TEST_F(RateLimiterTest, LetsItsRatePass) {
  ASSERT_EQ(take(kMuch), kCapacity);
  std::size_t passed = 0;
  for (int i = 0; i < 200; ++i) {
    clock_.advance(kTimeOfATurn);
    passed += take(kMuch);
  }
  EXPECT_EQ(passed, 10 * kRate);
}

TEST_F(RateLimiterTest, LosesNothingToLooksInBetween) {
  ASSERT_EQ(take(kMuch), kCapacity);
  for (int i = 0; i < 500; ++i) {
    clock_.advance(99us + 999ns);
    (void)limiter_.take(kMuch, OpContext::with_timeout(0s));
  }
  clock_.advance(500ns);
  EXPECT_EQ(take(kMuch), kTurn);
}

TEST_F(RateLimiterTest, WaitsForAPartThatIsWorthwhile) {
  ASSERT_EQ(take(kMuch), kCapacity);
  clock_.advance(kTimeOfATurn - 1ms);
  EXPECT_EQ(take(kMuch), 0U);
  clock_.advance(1ms);
  EXPECT_EQ(take(kMuch), kTurn);
  clock_.advance(1ms);
  EXPECT_EQ(take(80), 80U) << "all that is wanted is worthwhile, too";
}

TEST_F(RateLimiterTest, TakesBackWhatHasNotPassed) {
  ASSERT_EQ(take(kMuch), kCapacity);
  limiter_.give_back(5'000);
  EXPECT_EQ(take(kMuch), 5'000U);
}

TEST_F(RateLimiterTest, HoldsNoMoreBecauseOfWhatIsGivenBack) {
  ASSERT_EQ(take(3'000), 3'000U);
  clock_.advance(1s);
  limiter_.give_back(3'000);
  limiter_.give_back(std::numeric_limits<std::size_t>::max());
  EXPECT_EQ(take(kMuch), kCapacity);
  EXPECT_EQ(take(1), 0U);
}

TEST_F(RateLimiterTest, WakesWhoWaitsForWhatIsGivenBack) {
  ASSERT_EQ(take(kMuch), kCapacity);
  const std::jthread other([this] {
    wait_until_waiting(1);
    limiter_.give_back(kCapacity);
  });
  EXPECT_EQ(limiter_.take(kMuch, patient()).value_or(0), kCapacity);
}

TEST_F(RateLimiterTest, WaitsUntilItsTimeHasCome) {
  ASSERT_EQ(take(kMuch), kCapacity);
  const std::jthread other([this] {
    wait_until_waiting(1);
    clock_.advance(kTimeOfATurn);
  });
  EXPECT_EQ(limiter_.take(kMuch, patient()).value_or(0), kTurn);
  EXPECT_EQ(limiter_.waiting(), 0U);
}

TEST_F(RateLimiterTest, ADeadlineEndsTheWait) {
  ASSERT_EQ(take(kMuch), kCapacity);
  const auto taken = limiter_.take(1, impatient());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::timed_out);
  EXPECT_EQ(taken.error().message, "timed out while waiting for the rate limit");
  EXPECT_EQ(limiter_.waiting(), 0U);
}

TEST_F(RateLimiterTest, AStopEndsTheWait) {
  ASSERT_EQ(take(kMuch), kCapacity);
  std::stop_source source;
  const std::jthread stopper([&] {
    wait_until_waiting(1);
    source.request_stop();
  });
  OpContext ctx;
  ctx.stop = source.get_token();
  const auto taken = limiter_.take(1, ctx);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::cancelled);
}

// Several callers in the order in which they came, and the order in which they were served.
class RateLimiterQueue : public RateLimiterTest {
 protected:
  void SetUp() override { ASSERT_EQ(take(kMuch), kCapacity); }

  void TearDown() override { callers_.clear(); }

  void enter(char name, Priority priority) {
    callers_.emplace_back([this, name, priority] {
      const bool served = limiter_.take(kTurn, patient(priority)).has_value();
      const std::scoped_lock lock(mutex_);
      served_ += served ? name : '!';
    });
    wait_until_waiting(callers_.size());
  }

  std::string served() {
    const std::scoped_lock lock(mutex_);
    return served_;
  }

  std::string serve_all() {
    for (std::size_t i = 0; i < callers_.size(); ++i) {
      clock_.advance(kTimeOfATurn);
      while (served().size() == i) std::this_thread::yield();
    }
    return served();
  }

 private:
  std::mutex mutex_;
  std::string served_;
  std::deque<std::jthread> callers_;
};

TEST_F(RateLimiterQueue, ServesWhoComesFirst) {
  for (const char name : {'1', '2', '3', '4'}) enter(name, Priority::foreground);
  EXPECT_EQ(serve_all(), "1234");
}

TEST_F(RateLimiterQueue, ServesTheForegroundBeforeTheBackground) {
  for (const char name : {'a', 'b'}) enter(name, Priority::background);
  for (const char name : {'1', '2', '3'}) enter(name, Priority::foreground);
  EXPECT_EQ(serve_all(), "123ab");
}

TEST_F(RateLimiterQueue, LeavesTheBackgroundOneTurnInEight) {
  for (const char name : {'a', 'b'}) enter(name, Priority::background);
  for (const char name : {'1', '2', '3', '4', '5', '6', '7', '8', '9'}) enter(name, Priority::foreground);
  EXPECT_EQ(serve_all(), "1234567a89b");
}

TEST_F(RateLimiterQueue, GoesOnWhenTheNextOneGivesUp) {
  std::stop_source source;
  OpContext ctx;
  ctx.stop = source.get_token();
  std::jthread first([&] { EXPECT_FALSE(limiter_.take(kTurn, ctx)); });
  wait_until_waiting(1);
  std::jthread second([&] { EXPECT_TRUE(limiter_.take(kTurn, patient())); });
  wait_until_waiting(2);
  source.request_stop();
  first.join();
  clock_.advance(kTimeOfATurn);
}

TEST(RateLimiter, HoldsAtLeastOneKibibyte) {
  const FakeClock clock;
  EXPECT_EQ(RateLimiter(0, clock).most_at_once(), 1024U);
  EXPECT_EQ(RateLimiter(RateLimiter::kLeastRate, clock).most_at_once(), 1024U);
}

TEST(RateLimiter, KnowsHugeRates) {
  FakeClock clock;
  RateLimiter limiter(std::numeric_limits<std::uint64_t>::max(), clock);
  constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  EXPECT_EQ(limiter.take(kAll, impatient()).value_or(0), (1ULL << 40) / 10);
  EXPECT_FALSE(limiter.take(1, impatient()));
  clock.advance(1h);
  EXPECT_EQ(limiter.take(kAll, impatient()).value_or(0), (1ULL << 40) / 10);
}

}  // namespace
}  // namespace ftpsfs::base
