#include "ftpsfs/ftp/session.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ftp::Command;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
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

TEST(Login, KnowsAuthSslToo) {
  Personality old = permissive();
  old.auth_tls = false;
  ServedStack served(old);
  ASSERT_TRUE(served.stack.open_session());
  const auto lines = served.server.snapshot().lines();
  EXPECT_THAT(lines, IsSupersetOf({"AUTH TLS", "AUTH SSL", "PBSZ 0", "PROT P"}));
}

TEST(Login, WithAuthTakenAwayInBetweenSendsNothingInTheClear) {
  for (const char* refusal : {"500 ?", "502 Not implemented.", "504 Unknown.", "534 Policy.", "431 Later."}) {
    SCOPED_TRACE(refusal);
    ServedStack served(permissive());
    served.server.faults().on_command("AUTH", 0, Fault::reply_with(refusal));
    const auto session = served.stack.open_session();
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, Errc::tls_refused);
    EXPECT_THAT(session.error().message, HasSubstr("nothing was sent in the clear"));
    EXPECT_THAT(session.error().message, HasSubstr("tampering"));
    EXPECT_THAT(served.server.snapshot().lines(), Each(StartsWith("AUTH ")));
  }
}

TEST(Login, ReportsALimitToldInsteadOfAnAgreementToAuth) {
  ServedStack served(permissive());
  served.server.faults().on_command("AUTH", 1, Fault::reply_with("421 Too many connections."));
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::too_many_sessions) << session.error().describe();
}

TEST(Login, EndsWhereDataChannelsCannotBeProtected) {
  Personality open_data = permissive();
  open_data.missing_verbs.insert("PROT");
  ServedStack served(open_data);
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::tls_refused);
  EXPECT_THAT(session.error().message, HasSubstr("tls_data=clear"));
}

TEST(Login, LeavesDataChannelsInTheClearOnlyWhenToldTo) {
  Personality either = permissive();
  either.clear_data = true;
  ServedStack served(either);
  served.stack.settings.data.clear = true;
  const std::string bytes = patterned_bytes(300'000);
  const auto stored = served.fs().store(at("/file"), content_of(bytes), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_TRUE(read_all(served.fs(), at("/file")).value_or("failed") == bytes);
  EXPECT_THAT(served.server.snapshot().lines(), Contains("PROT C"));
  EXPECT_THAT(served.server.snapshot().lines(), Not(Contains("PROT P")));
  EXPECT_EQ(served.server.snapshot().data_handshakes_full, 0U);
  EXPECT_EQ(served.server.snapshot().data_handshakes_resumed, 0U);
}

// ProFTPD's words for a channel without TLS resumption are also those for one that does not come about.
TEST(Login, BlamesNoResumptionWhereDataChannelsAreClear) {
  Personality either = proftpd();
  either.clear_data = true;
  ServedStack served(either);
  served.stack.settings.data.clear = true;
  served.folder.write("file", "content");
  served.server.faults().on_command(
      "RETR", 0, Fault::reply_with("425 Unable to build data connection: Operation not permitted"));
  const auto content = read_all(served.fs(), at("/file"));
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Errc::unreachable) << content.error().describe();
  EXPECT_THAT(content.error().message, Not(HasSubstr("TLS session")));
}

TEST(Login, NamesTheOptionWhereTheServerInsistsOnProtection) {
  ServedStack served(permissive());
  served.stack.settings.data.clear = true;
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::tls_refused);
  EXPECT_THAT(session.error().message, HasSubstr("leave tls_data=clear out"));
}

TEST(Login, GivesItsNameBeforeUtf8WhereTheServerWantsIt) {
  Personality serv_u = permissive();
  serv_u.features.emplace_back("CLNT");
  ServedStack served(serv_u);
  ASSERT_TRUE(served.stack.open_session());
  auto lines = served.server.snapshot().lines();
  const auto name = std::ranges::find(lines, "CLNT ftpsfs");
  ASSERT_NE(name, lines.end());
  EXPECT_THAT(std::vector<std::string>(name, lines.end()), Contains("OPTS UTF8 ON"));
}

TEST(Login, LeavesOptsUtf8OutByQuirk) {
  ServedStack served(permissive());
  served.stack.knowledge.lacks_utf8_opts = true;
  ASSERT_TRUE(served.stack.open_session());
  EXPECT_EQ(served.server.snapshot().command_count("OPTS"), 0U);
}

TEST(Login, SendsOneCommandAtATimeByQuirk) {
  ServedStack served(permissive());
  served.stack.knowledge.one_at_a_time = true;
  Fault held;
  held.hold_reply = true;
  auto handle = served.server.faults().on_command("TYPE", 1, held);
  std::jthread releaser([&] {
    EXPECT_TRUE(handle.wait_reached(std::chrono::seconds(10)));
    EXPECT_EQ(served.server.snapshot().command_count("PBSZ"), 0U);
    handle.release();
  });
  EXPECT_TRUE(served.stack.open_session());
}

struct Refusal {
  const char* verb;
  const char* reply;
  Errc code;
  const char* says;
};

TEST(Login, TellsWhatEachRefusalMeans) {
  const Refusal refusals[] = {
      {"USER", "332 Need account for login.", Errc::login_refused, "ACCT"},
      {"PASS", "332 Need account for login.", Errc::login_refused, "ACCT"},
      {"USER", "530 Sorry, the maximum number of clients (4) from your host are already connected.",
       Errc::too_many_sessions, "no further session"},
      {"PASS", "421 Too many connections for this user.", Errc::too_many_sessions, "no further session"},
      {"PASS", "530 Login incorrect.", Errc::login_refused, "refused the login"},
      {"PASS", "430 Invalid username or password.", Errc::login_refused, "refused the login"},
      {"USER", "421 Going down.", Errc::busy, "refused the login"},
      {"USER", "534 Policy requires SSL.", Errc::tls_refused, "refused the login"}};
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.reply);
    ServedStack served(permissive());
    served.server.faults().on_command(refusal.verb, 1, Fault::reply_with(refusal.reply));
    const auto session = served.stack.open_session();
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, refusal.code) << session.error().describe();
    EXPECT_THAT(session.error().message, HasSubstr(refusal.says));
  }
}

TEST(Login, TakesEveryShapeOfAGreeting) {
  for (const char* greeting : {"220", "220 ", "  220 blanks", "\n220 empty line", "220-\r\n220-***\r\n220",
                               "220-a\n 221 b\n220 c", "120 ready soon\r\n220 now",
                               "120-wait\r\n120 one minute\r\n120 still\r\n220 now", "230 in already"}) {
    SCOPED_TRACE(greeting);
    ServedStack served(permissive());
    served.server.faults().on_command(Faults::kGreeting, 1, Fault::reply_with(greeting));
    const auto session = served.stack.open_session();
    EXPECT_TRUE(session) << session.error().describe();
  }
}

TEST(Login, IsOverWhereTheGreetingSaysSo) {
  ServedStack served(permissive());
  served.server.faults().on_command(Faults::kGreeting, 1, Fault::reply_with("230 Welcome."));
  served.server.faults().on_command("USER", 1, Fault::reply_with("503 Already logged in."));
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session) << "the test's server is not of that opinion";
  EXPECT_NE(session.error().code, Errc::login_refused) << session.error().describe();
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

class ImplicitPort : public ::testing::Test {
 protected:
  void serve(bool implicit_tls) {
    ServerOptions options;
    options.root = folder_.path();
    options.implicit_tls = implicit_tls;
    server_ = std::make_unique<Server>(options);
    server_->start();
    stack_ = std::make_unique<FtpStack>(login_to(server_->port(), trusting(*server_)));
    stack_->settings.security = ftp::Security::implicit_tls;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<FtpStack> stack_;
};

TEST_F(ImplicitPort, WithALimitInClearTextReportsTheLimit) {
  serve(true);
  const auto first = stack_->open_session();
  ASSERT_TRUE(first);
  server_->faults().limit_connections(1, "421 There are too many connections from your internet address.");
  const auto second = stack_->open_session();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::too_many_sessions) << second.error().describe();
  EXPECT_THAT(second.error().server_reply, StartsWith("421 There are"));
}

TEST_F(ImplicitPort, WithARefusalInClearTextReportsTheServersWords) {
  serve(true);
  const auto first = stack_->open_session();
  ASSERT_TRUE(first);
  server_->faults().limit_connections(1, "500-OOPS: vsftpd:\r\n500 bad configuration");
  const auto second = stack_->open_session();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::unreachable) << second.error().describe();
  EXPECT_THAT(second.error().server_reply, HasSubstr("bad configuration"));
}

TEST_F(ImplicitPort, ThatSpeaksClearTextFirstIsOneForExplicitTls) {
  serve(false);
  const auto session = stack_->open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::tls_refused) << session.error().describe();
  EXPECT_THAT(session.error().message, HasSubstr("ftpes://"));
}

TEST(Session, TakesClearTextWithinTlsForALostConnection) {
  ServedStack served(permissive());
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  Fault gone = Fault::cut(CutPoint::before_final_reply, CutStyle::abrupt);
  gone.clear_text_at_end = "500 OOPS: priv_sock_get_cmd\r\n";
  served.server.faults().on_command("NOOP", 1, gone);
  const auto reply = (*session)->perform(Command::noop(), test_context());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::connection_lost) << reply.error().describe();
}

TEST(Session, TakesALoginThatIsGoneForALostConnection) {
  for (const char* words :
       {"530 Please login with USER and PASS.", "530 Not logged in.", "530 You must log in first."}) {
    ServedStack served(permissive());
    served.folder.write("file", "content");
    ASSERT_TRUE(served.fs().list(at("/"), test_context()));
    served.server.faults().on_command("SIZE", 1, Fault::reply_with(words));
    served.server.faults().on_command("MLST", 1, Fault::reply_with(words));
    const auto found = served.fs().stat(at("/file"), test_context());
    EXPECT_TRUE(found) << found.error().describe();
    EXPECT_EQ(served.server.snapshot().logins, 2U);
  }
}

TEST(Login, AsksForTheFeaturesTheFirstTimeOnly) {
  ServedStack served(permissive());
  ASSERT_TRUE(served.stack.open_session());
  const auto asked = served.server.snapshot().command_count("FEAT");
  ASSERT_TRUE(served.stack.open_session());
  EXPECT_EQ(served.server.snapshot().command_count("FEAT"), asked);
}

TEST(Login, LearnsNothingFromAServerThatClosesInsteadOfTellingItsFeatures) {
  ServedStack served(permissive());
  served.server.faults().on_command("FEAT", 1, Fault::reply_with("421 Timeout."));
  const auto lost = served.stack.open_session();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Errc::connection_lost) << lost.error().describe();
  EXPECT_FALSE(served.stack.knowledge.capabilities());
  ASSERT_TRUE(served.stack.open_session());
  EXPECT_TRUE(served.stack.knowledge.capabilities()->mlst);
  EXPECT_FALSE(served.stack.knowledge.lacks_mlst);
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
