#include "ftpsfs/base/op_context.h"

#include <gtest/gtest.h>

namespace ftpsfs::base {
namespace {

using namespace std::chrono_literals;

TEST(OpContext, DefaultHasNoLimit) {
  const OpContext ctx;
  EXPECT_TRUE(ctx.check("testing"));
  EXPECT_EQ(ctx.deadline, SteadyTime::max());
  EXPECT_EQ(ctx.priority, Priority::foreground);
}

TEST(OpContext, ChecksDeadlineAndStop) {
  EXPECT_TRUE(OpContext::with_timeout(1h).check("testing"));
  EXPECT_EQ(OpContext::with_timeout(0s).check("testing").error().message, "timed out while testing");
  std::stop_source source;
  const auto ctx = OpContext::with_timeout(0s, source.get_token());
  EXPECT_EQ(ctx.check("testing").error().code, Errc::timed_out);
  source.request_stop();
  EXPECT_EQ(ctx.check("testing").error().code, Errc::cancelled);
}

TEST(OpContext, TimeLimitMovesTheDeadlineEitherWay) {
  const auto ctx = OpContext::with_timeout(1h);
  EXPECT_LT(ctx.with_time_limit(1min).deadline, ctx.deadline);
  EXPECT_GT(ctx.with_time_limit(2h).deadline, ctx.deadline);
}

TEST(OpContext, CapOnlyShortens) {
  const auto ctx = OpContext::with_timeout(1h);
  EXPECT_LT(ctx.capped(1min).deadline, ctx.deadline);
  EXPECT_EQ(ctx.capped(2h).deadline, ctx.deadline);
}

TEST(OpContext, HugeLimitsMeanForEver) {
  EXPECT_EQ(OpContext::with_timeout(SteadyDuration::max()).deadline, SteadyTime::max());
  EXPECT_EQ(OpContext().with_time_limit(SteadyDuration::max()).deadline, SteadyTime::max());
  EXPECT_EQ(OpContext::with_timeout(1h).with_time_limit(SteadyDuration::max()).deadline, SteadyTime::max());
}

TEST(OpContext, DerivedOnesKeepStopAndPriority) {
  std::stop_source source;
  OpContext ctx;
  ctx.stop = source.get_token();
  ctx.priority = Priority::background;
  source.request_stop();
  for (const auto& derived : {ctx.with_time_limit(1h), ctx.capped(1h)}) {
    EXPECT_EQ(derived.check("testing").error().code, Errc::cancelled);
    EXPECT_EQ(derived.priority, Priority::background);
  }
  EXPECT_TRUE(OpContext::for_cleanup(1h).check("testing"));
  EXPECT_FALSE(OpContext::for_cleanup(1h).stop.stop_possible());
}

TEST(Clock, SteadyClockNeverGoesBack) {
  const auto before = steady_clock().now();
  EXPECT_LE(before, steady_clock().now());
}

}  // namespace
}  // namespace ftpsfs::base
