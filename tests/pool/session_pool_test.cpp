#include "ftpsfs/pool/session_pool.h"

#include <gmock/gmock.h>

#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

#include "ftpsfs/ftp/directory.h"
#include "support/fake_clock.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using base::OpContext;
using pool::Freshness;
using pool::Lease;
using pool::Purpose;

OpContext short_context() { return OpContext::with_timeout(std::chrono::milliseconds(150)); }

Lease lend(ServedStack& served, Purpose purpose) {
  auto lease = served.stack.pool.acquire(purpose, test_context());
  EXPECT_TRUE(lease) << lease.error().describe();
  return lease ? std::move(*lease) : Lease();
}

bool usable(const Lease& lease) {
  return lease.session().perform(ftp::Command::noop(), test_context()).has_value();
}

TEST(Pool, UsesOneSessionAgainAndAgain) {
  ServedStack served(permissive());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(usable(lend(served, Purpose::command)));
  EXPECT_EQ(served.server.snapshot().control_connections, 1U);
}

TEST(Pool, OpensNoMoreThanAllowed) {
  ServedStack served(permissive(), {.max_sessions = 2});
  const Lease first = lend(served, Purpose::command);
  const Lease second = lend(served, Purpose::command);
  const auto third = served.stack.pool.acquire(Purpose::command, short_context());
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::timed_out);
  EXPECT_EQ(served.server.snapshot().control_connections, 2U);
}

TEST(Pool, KeepsOneSessionForCommands) {
  ServedStack served(permissive(), {.max_sessions = 3});
  const Lease first = lend(served, Purpose::transfer);
  const Lease second = lend(served, Purpose::transfer);
  EXPECT_FALSE(served.stack.pool.acquire(Purpose::transfer, short_context()));
  EXPECT_TRUE(usable(lend(served, Purpose::command)));
}

TEST(Pool, OfOneSessionServesBothPurposes) {
  ServedStack served(permissive(), {.max_sessions = 1});
  EXPECT_TRUE(usable(lend(served, Purpose::transfer)));
  EXPECT_TRUE(usable(lend(served, Purpose::command)));
  EXPECT_EQ(served.server.snapshot().control_connections, 1U);
}

TEST(Pool, HandsASessionToWhoeverWaits) {
  ServedStack served(permissive(), {.max_sessions = 1});
  Lease held = lend(served, Purpose::command);
  std::jthread waiter([&] { EXPECT_TRUE(usable(lend(served, Purpose::command))); });
  held.release();
}

TEST(Pool, WaitingEndsAtAStop) {
  ServedStack served(permissive(), {.max_sessions = 1});
  const Lease held = lend(served, Purpose::command);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  OpContext ctx = test_context();
  ctx.stop = stop.get_token();
  const auto lease = served.stack.pool.acquire(Purpose::command, ctx);
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().code, Errc::cancelled);
}

TEST(Pool, ReplacesIdleSessionsThatTheServerClosed) {
  ServedStack served(permissive());
  for (const CutStyle style : {CutStyle::clean, CutStyle::abrupt, CutStyle::reset}) {
    EXPECT_TRUE(usable(lend(served, Purpose::command)));
    served.server.drop_all_control_connections(style);
    ASSERT_TRUE(served.server.counters().wait_until([](const auto& seen) { return seen.control_alive == 0; },
                                                    std::chrono::seconds(10)));
    EXPECT_TRUE(usable(lend(served, Purpose::command))) << "nobody notices";
  }
}

TEST(Pool, DropsASessionThatIsOutOfStep) {
  ServedStack served(permissive());
  Fault held;
  held.hold_reply = true;
  served.server.faults().on_command("NOOP", 1, held);
  {
    const Lease lease = lend(served, Purpose::command);
    EXPECT_FALSE(lease.session().perform(ftp::Command::noop(), short_context()));
  }
  EXPECT_EQ(served.stack.pool.statistics().idle, 0U);
  served.server.faults().clear();
  EXPECT_TRUE(usable(lend(served, Purpose::command)));
  EXPECT_EQ(served.server.snapshot().control_connections, 2U);
}

TEST(Pool, OpensANewConnectionWhenAskedEvenIfFull) {
  ServedStack served(permissive(), {.max_sessions = 1});
  lend(served, Purpose::command).release();
  auto fresh = served.stack.pool.acquire(Purpose::command, test_context(), Freshness::new_connection);
  ASSERT_TRUE(fresh);
  EXPECT_TRUE(usable(*fresh));
  EXPECT_EQ(served.server.snapshot().control_connections, 2U);
}

TEST(Pool, LearnsTheServersLimitAndWaitsInsteadOfFailing) {
  ServedStack served(permissive(), {.max_sessions = 4});
  served.server.faults().limit_connections(2);
  Lease first = lend(served, Purpose::command);
  const Lease second = lend(served, Purpose::command);
  const auto refused = served.stack.pool.acquire(Purpose::command, short_context());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::timed_out) << refused.error().describe();
  first.release();
  EXPECT_TRUE(usable(lend(served, Purpose::command)));
  EXPECT_LE(served.server.snapshot().control_refused, 1U) << "a limit that is known is not tried again";
}

TEST(Pool, ForgetsALearntLimitAfterAWhile) {
  TemporaryFolder folder;
  ServerOptions options;
  options.root = folder.path();
  Server server(options);
  server.start();
  FtpStack stack(login_to(server.port(), trusting(server)));
  FakeClock clock;
  pool::SessionPool pool([&](const OpContext&) { return stack.open_session(); },
                         {.max_sessions = 4, .limit_memory = std::chrono::seconds(60)}, clock);
  server.faults().limit_connections(1);
  const auto first = pool.acquire(Purpose::command, test_context());
  ASSERT_TRUE(first);
  EXPECT_FALSE(pool.acquire(Purpose::command, short_context()));
  server.faults().limit_connections(0);
  EXPECT_FALSE(pool.acquire(Purpose::command, short_context()));
  clock.advance(std::chrono::seconds(61));
  EXPECT_TRUE(pool.acquire(Purpose::command, test_context()));
}

// A pool of its own over a server, with clocks that a test moves.
class TimedPool : public ::testing::Test {
 protected:
  explicit TimedPool(Personality personality = permissive()) : served_(std::move(personality)) {}

  base::Result<Lease> acquire(const OpContext& ctx = test_context()) {
    return pool_.acquire(Purpose::command, ctx);
  }

  static base::Status list(const Lease& lease) {
    const auto entries = ftp::read_directory(lease.session(), at("/"), test_context());
    return entries ? base::Status{} : std::unexpected(entries.error());
  }

  CounterSnapshot seen() const { return served_.server.snapshot(); }

  ServedStack served_;
  FakeClock clock_;
  std::chrono::hours later_{0};
  pool::SessionPool pool_{[this](const OpContext&) { return served_.stack.open_session(); },
                          {.max_sessions = 4},
                          clock_,
                          [this] { return base::SystemTime(std::chrono::system_clock::now() + later_); }};
};

TEST_F(TimedPool, ProbesAPastLimitWithOneConnectionOnly) {
  served_.server.faults().limit_connections(1);
  const auto first = acquire();
  ASSERT_TRUE(first);
  EXPECT_FALSE(acquire(short_context()));
  EXPECT_EQ(seen().control_refused, 1U);
  clock_.advance(std::chrono::seconds(61));
  {
    std::vector<std::jthread> applicants;
    for (int i = 0; i < 4; ++i) applicants.emplace_back([this] { EXPECT_FALSE(acquire(short_context())); });
  }
  EXPECT_EQ(seen().control_refused, 2U);
}

TEST_F(TimedPool, GrowsAgainWhenTheServerTakesMore) {
  served_.server.faults().limit_connections(1);
  const auto first = acquire();
  EXPECT_FALSE(acquire(short_context()));
  served_.server.faults().limit_connections(0);
  clock_.advance(std::chrono::seconds(61));
  const auto second = acquire();
  const auto third = acquire();
  EXPECT_TRUE(second && third);
}

TEST_F(TimedPool, TakesAnImmediateCloseForALimit) {
  served_.server.faults().limit_connections(2, "");
  auto first = acquire();
  const auto second = acquire();
  ASSERT_TRUE(first && second);
  const auto third = acquire(short_context());
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::timed_out) << third.error().describe();
  first->release();
  EXPECT_TRUE(acquire());
  EXPECT_EQ(seen().control_refused, 1U);
}

TEST_F(TimedPool, OutlivesASessionThatTheServerStillCounts) {
  served_.server.faults().limit_connections(1);
  for (int i = 0; i < 5; ++i) {
    auto lease = acquire();
    ASSERT_TRUE(lease) << lease.error().describe();
    EXPECT_TRUE(usable(*lease));
    lease->session().give_up();
  }
}

TEST_F(TimedPool, OutlivesAnIdleSessionOfItsOwnThatTheServerStillCounts) {
  int openings = 0;
  const auto open = [&](const OpContext&) -> base::Result<std::unique_ptr<ftp::Session>> {
    if (++openings == 2) return base::fail(Errc::too_many_sessions, "the first one still counts");
    return served_.stack.open_session();
  };
  pool::SessionPool pool(open, {.max_sessions = 4}, clock_,
                         [this] { return base::SystemTime(std::chrono::system_clock::now() + later_); });
  ASSERT_TRUE(list(*pool.acquire(Purpose::command, test_context())));
  later_ = std::chrono::hours(24 * 8);
  const auto lease = pool.acquire(Purpose::command, test_context());
  ASSERT_TRUE(lease) << lease.error().describe();
  EXPECT_EQ(openings, 3);
}

TEST_F(TimedPool, DoesNotHammerAServerWhileAnotherSessionIsBeingOpened) {
  std::atomic<int> openings{0};
  std::binary_semaphore slow_began{0};
  std::binary_semaphore slow_may_end{0};
  const auto open = [&](const OpContext&) -> base::Result<std::unique_ptr<ftp::Session>> {
    const int turn = ++openings;
    if (turn > 2) return base::fail(Errc::too_many_sessions, "the one being opened counts");
    if (turn == 2) {
      slow_began.release();
      slow_may_end.acquire();
    }
    return served_.stack.open_session();
  };
  pool::SessionPool pool(open, {.max_sessions = 4}, clock_);
  pool.acquire(Purpose::command, test_context())->session().give_up();  // the credentials are right
  std::jthread slow([&] { EXPECT_TRUE(pool.acquire(Purpose::command, test_context())); });
  slow_began.acquire();
  EXPECT_FALSE(pool.acquire(Purpose::command, short_context()));
  EXPECT_LT(openings, 20);
  slow_may_end.release();
}

TEST_F(TimedPool, DoesNotRepeatARefusedLogin) {
  served_.stack.settings.password = base::Secret("wrong");
  for (int i = 0; i < 5; ++i) {
    const auto lease = acquire();
    ASSERT_FALSE(lease);
    EXPECT_EQ(lease.error().code, Errc::login_refused);
    EXPECT_THAT(lease.error().server_reply, ::testing::StartsWith("530"));
  }
  EXPECT_EQ(seen().command_count("PASS"), 1U);
  clock_.advance(std::chrono::seconds(61));
  EXPECT_FALSE(acquire());
  EXPECT_EQ(seen().command_count("PASS"), 2U);
}

TEST_F(TimedPool, TriesCredentialsOnceHoweverManyWait) {
  served_.stack.settings.password = base::Secret("wrong");
  {
    std::vector<std::jthread> applicants;
    for (int i = 0; i < 8; ++i) applicants.emplace_back([this] { EXPECT_FALSE(acquire()); });
  }
  EXPECT_EQ(seen().command_count("PASS"), 1U);
}

TEST_F(TimedPool, ReplacesASessionWhoseTicketHasRunOut) {
  ASSERT_TRUE(list(*acquire()));
  later_ = std::chrono::hours(24 * 8);  // RFC 8446: no ticket lives longer than a week
  ASSERT_TRUE(list(*acquire()));
  EXPECT_EQ(seen().control_connections, 2U);
}

TEST_F(TimedPool, KeepsASessionWhoseTicketStillWorks) {
  ASSERT_TRUE(list(*acquire()));
  ASSERT_TRUE(list(*acquire()));
  EXPECT_EQ(seen().control_connections, 1U);
}

TEST_F(TimedPool, CaresForTicketsOnlyWhereDataChannelsResume) {
  ASSERT_TRUE(acquire());
  later_ = std::chrono::hours(24 * 8);
  ASSERT_TRUE(acquire());
  EXPECT_EQ(seen().control_connections, 1U);
}

TEST(Pool, ReportsALimitThatLeavesNothing) {
  ServedStack served(permissive());
  auto outsider = served.stack.open_session();
  ASSERT_TRUE(outsider);
  served.server.faults().limit_connections(1);
  const auto lease = served.stack.pool.acquire(Purpose::command, test_context());
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().code, Errc::too_many_sessions);
}

class WillingLender final : public pool::Lender {
 public:
  explicit WillingLender(Lease lease) : lease_(std::move(lease)) {}
  bool lend_back() override {
    if (!lease_) return false;
    lease_.release();
    return true;
  }

 private:
  Lease lease_;
};

TEST(Pool, AsksLendersBeforeItWaits) {
  ServedStack served(permissive(), {.max_sessions = 1});
  const auto lender = std::make_shared<WillingLender>(lend(served, Purpose::transfer));
  served.stack.pool.register_lender(lender);
  EXPECT_TRUE(usable(lend(served, Purpose::command)));
  EXPECT_EQ(served.server.snapshot().control_connections, 1U);
}

TEST(Pool, ServesManyThreadsWithFewSessions) {
  ServedStack served(permissive(), {.max_sessions = 3});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&served, i] {
      for (int n = 0; n < 10; ++n)
        EXPECT_TRUE(usable(lend(served, i % 2 == 0 ? Purpose::command : Purpose::transfer)));
    });
  }
  threads.clear();
  EXPECT_LE(served.server.snapshot().control_connections, 3U);
}

}  // namespace
}  // namespace ftpsfs::testing
