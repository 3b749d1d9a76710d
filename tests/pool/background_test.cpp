// Sessions for work that nobody waits for.

#include <gmock/gmock.h>

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
