// How few round trips a login takes, and what happens where a server minds that.

#include <gmock/gmock.h>

#include "ftpsfs/ftp/session.h"
#include "support/ftp_stack.h"
#include "support/turn_counting_dialer.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ::testing::ElementsAre;
using ::testing::StartsWith;

// The connection; the greeting with the answer to AUTH; TLS 1.3; USER, PASS and all the rest.
constexpr int kLogin = 4;

class QuickLogin : public ::testing::Test {
 protected:
  void serve(Personality personality = permissive()) { served_.emplace(std::move(personality)); }

  base::Result<std::unique_ptr<ftp::Session>> open() {
    return ftp::Session::open(settings(), dialer_, known(), test_context());
  }

  ftp::SessionSettings& settings() { return served_->stack.settings; }
  ftp::ServerKnowledge& known() { return served_->stack.knowledge; }
  CounterSnapshot seen() const { return served_->server.snapshot(); }
  std::vector<std::string> lines() const { return seen().lines(seen().control_connections); }

  std::optional<ServedStack> served_;
  TurnCountingDialer dialer_;
};

TEST_F(QuickLogin, TakesFourRoundTrips) {
  for (auto make : {permissive, strict_vsftpd, proftpd, pureftpd, pyftpdlib, strict_filezilla}) {
    Personality personality = make();
    SCOPED_TRACE(personality.name);
    serve(std::move(personality));
    for (int i = 0; i < 2; ++i) {
      const int before = dialer_.round_trips();
      auto session = open();
      ASSERT_TRUE(session) << session.error().describe();
      // OPTS UTF8 goes with the rest once it is known what the server can do.
      int waiting = i == 0 && known().capabilities()->utf8 ? 1 : 0;
      // Nobody knows what an unknown server makes of commands before its consent.
      const bool measured = make != permissive && make != strict_filezilla;
      if (!measured) ++waiting;
      EXPECT_EQ(dialer_.round_trips() - before, kLogin + waiting);
      EXPECT_TRUE((*session)->working_directory(test_context()));
      const int asking = i == 0 ? 0 : 1;  // the first login has asked for the directory
      EXPECT_EQ(dialer_.round_trips() - before, kLogin + waiting + asking);
    }
    EXPECT_FALSE(known().login_step_by_step);
  }
}

TEST_F(QuickLogin, IsTriedStepByStepWhereTheServerHangsUp) {
  for (const char* verb : {"AUTH", "PASS", "FEAT"}) {
    SCOPED_TRACE(verb);
    serve(proftpd());
    served_->server.faults().on_command(verb, 1, Fault::cut(CutPoint::before_execute));
    auto session = open();
    ASSERT_TRUE(session) << session.error().describe();
    EXPECT_TRUE(known().login_step_by_step);
    EXPECT_EQ(seen().control_connections, 2U);
    EXPECT_TRUE(open());
    EXPECT_EQ(seen().control_connections, 3U) << "it is remembered";
  }
}

TEST_F(QuickLogin, IsTriedStepByStepWhereTheServerFallsSilent) {
  serve();
  settings().connect_timeout = std::chrono::milliseconds(1500);
  Fault held;
  held.hold_reply = true;
  served_->server.faults().on_command("PASS", 1, held);
  auto session = open();
  ASSERT_TRUE(session) << session.error().describe();
  EXPECT_TRUE(known().login_step_by_step);
}

TEST_F(QuickLogin, IsNotTriedAgainWhenRefused) {
  serve();
  settings().password = base::Secret("wrong");
  const auto session = open();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::login_refused);
  EXPECT_EQ(seen().control_connections, 1U);
  EXPECT_EQ(seen().command_count("PASS"), 1U);
}

// ftp-srv works on what comes behind the password while it still looks at that.
TEST_F(QuickLogin, SendsNothingBehindThePasswordToUnknownServers) {
  serve();
  Fault held;
  held.hold_reply = true;
  const auto hold = served_->server.faults().on_command("PASS", 1, held);
  settings().connect_timeout = std::chrono::milliseconds(1500);
  EXPECT_TRUE(open()) << "step by step in the end";
  EXPECT_THAT(served_->server.snapshot().lines(1), ::testing::Not(::testing::Contains(StartsWith("TYPE"))));
}

TEST_F(QuickLogin, AsksAgainWhatCameBeforeTheServersConsent) {
  for (const char* reply : {"530 Please login with USER and PASS.", "503 Login first."}) {
    serve(proftpd());
    served_->server.faults().on_command("PROT", 1, Fault::reply_with(reply));
    served_->server.faults().on_command("FEAT", 1, Fault::reply_with(reply));
    auto session = open();
    ASSERT_TRUE(session) << session.error().describe();
    EXPECT_EQ(seen().control_connections, 1U);
    EXPECT_EQ(seen().command_count("PROT"), 2U);
    EXPECT_TRUE(known().capabilities()->mlst);
  }
}

TEST_F(QuickLogin, IsRefusedForThePasswordWhereTheServerHangsUpBehindThat) {
  serve(proftpd());
  settings().password = base::Secret("wrong");
  served_->server.faults().on_command("TYPE", 1, Fault::cut(CutPoint::before_execute));
  const auto session = open();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::login_refused);
  EXPECT_LE(seen().control_connections, 2U) << "what it has said may be lost with the connection";
}

TEST_F(QuickLogin, HeedsTheAnswerToUser) {
  serve();
  served_->server.faults().on_command("USER", 1, Fault::reply_with("332 Need account for login."));
  auto session = open();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::login_refused);
  EXPECT_THAT(session.error().message, ::testing::HasSubstr("ACCT"));
}

TEST_F(QuickLogin, WorksWhereNoPasswordIsWanted) {
  serve();
  Fault in_by_name = Fault::reply_with("230 Welcome.");
  in_by_name.execute_anyway = true;
  Fault out_of_place = Fault::reply_with("503 You are logged in already.");
  out_of_place.execute_anyway = true;
  served_->server.faults().on_command("USER", 1, in_by_name);
  served_->server.faults().on_command("PASS", 1, out_of_place);
  const auto session = open();
  EXPECT_TRUE(session) << session.error().describe();
}

TEST_F(QuickLogin, IsLeftOutOnRequest) {
  serve();
  known().login_step_by_step = true;
  const int before = dialer_.round_trips();
  ASSERT_TRUE(open());
  EXPECT_GT(dialer_.round_trips() - before, kLogin);
}

// A server that wants TLS refuses the name, and has not got the password then.
TEST_F(QuickLogin, NeverSendsThePasswordInTheClearBeforeItIsAskedFor) {
  serve();
  settings().security = ftp::Security::none;
  EXPECT_FALSE(open());
  EXPECT_THAT(lines(), ElementsAre(StartsWith("USER ")));
}

}  // namespace
}  // namespace ftpsfs::testing
