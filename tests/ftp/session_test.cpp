#include "ftpsfs/ftp/session.h"

#include <gmock/gmock.h>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ftp::Command;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Login, ProtectsTheDataChannelsAndSetsImageType) {
  ServedStack served(permissive());
  ASSERT_TRUE(served.stack.open_session());
  const auto lines = served.server.snapshot().lines();
  EXPECT_THAT(lines, Contains("AUTH TLS"));
  EXPECT_THAT(lines, Contains("PBSZ 0"));
  EXPECT_THAT(lines, Contains("PROT P"));
  EXPECT_THAT(lines, Contains("TYPE I"));
}

TEST(Login, WithAWrongPasswordIsRefusedWithTheServersWords) {
  ServedStack served(permissive());
  served.stack.settings.password = base::Secret("wrong");
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::login_refused);
  EXPECT_THAT(session.error().server_reply, StartsWith("530"));
  EXPECT_THAT(session.error().describe(), Not(HasSubstr("wrong")));
}

TEST(Login, NeverSendsUserOrPasswordToAServerWithoutTls) {
  Personality plain = permissive();
  plain.missing_verbs.insert("AUTH");
  ServedStack served(plain);
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::tls_refused);
  EXPECT_THAT(session.error().message, HasSubstr("ftps://"));
  EXPECT_THAT(served.server.snapshot().lines(), Not(Contains(StartsWith("USER"))));
  EXPECT_THAT(served.server.snapshot().lines(), Not(Contains(StartsWith("PASS"))));
}

TEST(Login, EndsWhereDataChannelsCannotBeProtected) {
  Personality open_data = permissive();
  open_data.missing_verbs.insert("PROT");
  ServedStack served(open_data);
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::tls_refused);
}

TEST(Login, DropsAConnectionWithPlainTextInjectedBehindAuth) {
  ServedStack served(permissive());
  Fault injected;
  injected.after_reply = "230 You are in, no password needed\r\n";
  served.server.faults().on_command("AUTH", 1, injected);
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::protocol_error) << session.error().describe();
  EXPECT_THAT(served.server.snapshot().lines(), Not(Contains(StartsWith("USER"))));
}

// ftp-srv does so when the ClientHello comes before it has turned TLS on.
TEST(Login, TriesOnceMoreWhenTheServerTakesTheClientHelloForACommand) {
  ServedStack served(permissive());
  Fault fault;
  fault.hello_is_a_command = true;
  served.server.faults().on_command("AUTH", 1, fault);
  const auto session = served.stack.open_session();
  ASSERT_TRUE(session) << session.error().describe();
  EXPECT_TRUE(served.stack.knowledge.slow_to_secure);
  EXPECT_EQ(served.server.snapshot().control_connections, 2U);
}

TEST(Login, EndsWhenTheServerAlwaysAnswersTheClientHelloInClearText) {
  ServedStack served(permissive());
  Fault fault;
  fault.hello_is_a_command = true;
  served.server.faults().on_command("AUTH", 0, fault);
  for (std::uint64_t connections : {2U, 3U}) {
    const auto session = served.stack.open_session();
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, Errc::tls_refused) << session.error().describe();
    EXPECT_EQ(served.server.snapshot().control_connections, connections);
  }
  EXPECT_THAT(served.server.snapshot().lines(), Not(Contains(StartsWith("USER"))));
}

TEST(Login, TellsAConnectionLimitFromAWrongPassword) {
  ServedStack served(permissive());
  served.server.faults().limit_connections(1);
  auto first = served.stack.open_session();
  ASSERT_TRUE(first);
  const auto second = served.stack.open_session();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::too_many_sessions) << second.error().describe();
}

TEST(Login, ToASilentServerTimesOut) {
  ServedStack served(permissive());
  Fault silent;
  silent.hold_reply = true;
  served.server.faults().on_command(Faults::kGreeting, 1, silent);
  served.stack.settings.connect_timeout = std::chrono::milliseconds(200);
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::timed_out);
  EXPECT_THAT(session.error().message, HasSubstr("ftps://"));
  served.server.faults().clear();
}

TEST(Login, ToNobodyIsUnreachable) {
  ServedStack served(permissive());
  served.server.stop();
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::unreachable);
}

TEST(Login, WithImplicitTls) {
  TemporaryFolder folder;
  ServerOptions options;
  options.root = folder.path();
  options.implicit_tls = true;
  Server server(options);
  server.start();
  FtpStack stack(login_to(server.port(), trusting(server)));
  stack.settings.security = ftp::Security::implicit_tls;
  const auto session = stack.open_session();
  ASSERT_TRUE(session) << session.error().describe();
  EXPECT_THAT(server.snapshot().lines(), Not(Contains("AUTH TLS")));
}

TEST(Login, AsksForTheFeaturesOnce) {
  ServedStack served(permissive());
  ASSERT_TRUE(served.stack.open_session());
  ASSERT_TRUE(served.stack.open_session());
  EXPECT_EQ(served.server.snapshot().command_count("FEAT"), 1U);
}

TEST(Session, AnswersABatchInOrder) {
  ServedStack served(permissive());
  served.folder.write("a", "1");
  served.folder.write("b", "22");
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  std::vector<Command> questions;
  for (int i = 0; i < 100; ++i) {
    questions.push_back(Command::size(at("/a")));
    questions.push_back(Command::size(at("/missing")));
    questions.push_back(Command::size(at("/b")));
  }
  const auto answers = (*session)->ask(questions, test_context());
  ASSERT_TRUE(answers) << answers.error().describe();
  ASSERT_EQ(answers->size(), 300U);
  for (std::size_t i = 0; i < 300; i += 3) {
    EXPECT_EQ(ftp::parse_size((*answers)[i]), 1U);
    EXPECT_TRUE((*answers)[i + 1].refused());
    EXPECT_EQ(ftp::parse_size((*answers)[i + 2]), 2U);
  }
}

TEST(Session, IsNotReusableAfterAReplyThatNeverCame) {
  ServedStack served(permissive());
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  Fault held;
  held.hold_reply = true;
  served.server.faults().on_command("NOOP", 1, held);
  const auto reply =
      (*session)->perform(Command::noop(), base::OpContext::with_timeout(std::chrono::milliseconds(100)));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::timed_out);
  EXPECT_FALSE((*session)->reusable());
  served.server.faults().clear();
}

TEST(Session, NoticesThatTheServerHasHungUp) {
  ServedStack served(permissive());
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  EXPECT_TRUE((*session)->still_quiet());
  served.server.drop_all_control_connections();
  ASSERT_TRUE(served.server.counters().wait_until([](const auto& seen) { return seen.control_alive == 0; },
                                                  std::chrono::seconds(10)));
  EXPECT_FALSE((*session)->still_quiet());
  EXPECT_FALSE((*session)->reusable());
}

TEST(Session, TakesAnUnaskedReplyAsTheEnd) {
  ServedStack served(permissive());
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  Fault unasked;
  unasked.after_reply = "421 Timeout.\r\n";
  served.server.faults().on_command("NOOP", 1, unasked);
  ASSERT_TRUE((*session)->perform(Command::noop(), test_context()));
  EXPECT_FALSE((*session)->still_quiet());
}

TEST(Session, StopsWaitingWhenItsCallerIsStopped) {
  ServedStack served(permissive());
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  Fault held;
  held.hold_reply = true;
  auto handle = served.server.faults().on_command("NOOP", 1, held);
  std::stop_source stop;
  std::jthread stopper([&] {
    EXPECT_TRUE(handle.wait_reached(std::chrono::seconds(10)));
    stop.request_stop();
  });
  auto ctx = test_context();
  ctx.stop = stop.get_token();
  const auto reply = (*session)->perform(Command::noop(), ctx);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::cancelled);
  served.server.faults().clear();
}

}  // namespace
}  // namespace ftpsfs::testing
