// Servers with something wrong: the report says what, in plain words, and nothing is sent that should not be.

#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "probe/probe_fixture.h"

namespace ftpsfs::testing {
namespace {

using probe::Mark;
using probe::Verdict;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::StrEq;

// Shorter waits, for what is waited for in vain.
ProbedServer& impatient(ProbedServer& probed) {
  probed.settings.step_timeout = milliseconds(1500);
  probed.settings.early_handshake_wait = milliseconds(100);
  probed.settings.login.connect_timeout = milliseconds(1500);
  probed.settings.most_sessions = 2;
  return probed;
}

TEST(BrokenServer, ThatDoesNotListen) {
  ProbedServer probed;
  probed.server.stop();
  const auto report = probed.probe();
  EXPECT_EQ(report.verdict(), Verdict::does_not_work);
  EXPECT_THAT(report.summary(), HasSubstr("Connection refused"));
  EXPECT_EQ(exit_status(report), 2);
}

TEST(BrokenServer, WhoseNameDoesNotResolve) {
  ProbedServer probed;
  probed.settings.login.host = "no-such-host.invalid";
  const auto report = probed.probe();
  EXPECT_EQ(mark_of(report, "address"), Mark::failure);
  EXPECT_THAT(report.summary(), HasSubstr("no-such-host.invalid"));
}

TEST(BrokenServer, ThatSaysNothing) {
  ProbedServer probed;
  Fault silent;
  silent.hold_reply = true;
  probed.server.faults().on_command(Faults::kGreeting, 0, silent);
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "greeting"), Mark::failure);
  EXPECT_THAT(report.summary(), HasSubstr("timed out"));
  probed.server.faults().clear();
}

TEST(BrokenServer, ThatWantsTlsFromTheFirstByte) {
  TemporaryFolder folder;
  ServerOptions options;
  options.root = folder.path();
  options.implicit_tls = true;
  Server server(options);
  server.start();
  ProbedServer other;
  other.settings.login = login_to(server.port(), trusting(server));
  const auto report = impatient(other).probe();
  EXPECT_THAT(report.summary(), HasSubstr("use ftps://127.0.0.1:" + std::to_string(server.port())));
}

TEST(BrokenServer, ThatBeginsInClearTextOnAnImplicitPort) {
  ProbedServer probed;
  probed.settings.login.security = ftp::Security::implicit_tls;
  const auto report = impatient(probed).probe();
  EXPECT_THAT(report.summary(), HasSubstr("use ftpes://127.0.0.1:"));
}

TEST(BrokenServer, ThatIsFullSaysSoAlsoOnAnImplicitPort) {
  ProbedServer probed;
  probed.server.faults().on_command(Faults::kGreeting, 0,
                                    Fault::reply_with("421 There are too many connections."));
  probed.settings.login.security = ftp::Security::implicit_tls;
  const auto report = impatient(probed).probe();
  EXPECT_THAT(report.summary(), HasSubstr("no further session"));
  EXPECT_THAT(report.summary(), HasSubstr("too many connections"));
}

TEST(BrokenServer, WithoutTls) {
  Personality plain = permissive();
  plain.missing_verbs.insert("AUTH");
  ProbedServer probed(plain);
  const auto report = probed.probe();
  EXPECT_EQ(mark_of(report, "tls_start"), Mark::failure);
  EXPECT_THAT(report.summary(), HasSubstr("ftps://"));
  EXPECT_THAT(probed.server.snapshot().lines(), Contains("AUTH SSL"));
  EXPECT_THAT(probed.server.snapshot().lines(), Not(Contains(StartsWith("USER"))));
}

TEST(BrokenServer, ThatKnowsOnlyAuthSsl) {
  ProbedServer probed;
  probed.server.faults().on_command("AUTH", 1, Fault::reply_with("504 Unknown AUTH type."));
  const auto report = impatient(probed).probe();
  EXPECT_THAT(text_of(report, "tls_start"), HasSubstr("AUTH SSL"));
  EXPECT_EQ(mark_of(report, "login"), Mark::ok);
}

TEST(BrokenServer, ThatTakesTheFirstClientHelloForACommand) {
  ProbedServer probed;
  Fault fault;
  fault.hello_is_a_command = true;
  probed.server.faults().on_command("AUTH", 1, fault);
  const auto report = probed.probe();
  EXPECT_EQ(report.verdict(), Verdict::works) << report.summary();
  EXPECT_EQ(mark_of(report, "tls_start"), Mark::note);
  EXPECT_THAT(text_of(report, "tls_start"), HasSubstr("a moment later"));
}

TEST(BrokenServer, WithAnUntrustedCertificateGetsNoPassword) {
  ProbedServer probed(permissive(), tls::Policy{});
  const auto report = probed.probe();
  EXPECT_EQ(mark_of(report, "trust"), Mark::failure);
  EXPECT_EQ(report.verdict(), Verdict::does_not_work);
  EXPECT_EQ(text_of(report, "fingerprint"), "sha256:" + probed.server.fingerprint());
  EXPECT_THAT(report.mount_command(), HasSubstr("tls_pin=sha256:" + probed.server.fingerprint()));
  EXPECT_THAT(probed.server.snapshot().lines(), Not(Contains(StartsWith("USER"))));
  EXPECT_THAT(probed.server.snapshot().lines(), Not(Contains(StartsWith("PASS"))));
}

TEST(BrokenServer, WithAnotherCertificateThanPinnedGetsNoPassword) {
  tls::Policy policy;
  policy.pins = {tls::Pin{}};
  ProbedServer probed(permissive(), policy);
  const auto report = probed.probe();
  EXPECT_EQ(mark_of(report, "trust"), Mark::failure);
  EXPECT_THAT(report.mount_command(), Not(HasSubstr("tls_pin")))
      << "a pin that fails is not to be replaced lightly";
  EXPECT_THAT(probed.server.snapshot().lines(), Not(Contains(StartsWith("USER"))));
}

TEST(BrokenServer, WhoseCertificateIsNotToBeChecked) {
  tls::Policy policy;
  policy.verify = false;
  ProbedServer probed(permissive(), policy);
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "trust"), Mark::warning);
  EXPECT_EQ(mark_of(report, "login"), Mark::ok);
  EXPECT_EQ(exit_status(report), 1);
}

TEST(BrokenServer, ThatRefusesThePassword) {
  ProbedServer probed;
  probed.settings.login.password = base::Secret("wrong");
  const auto report = probed.probe();
  EXPECT_EQ(mark_of(report, "login"), Mark::failure);
  EXPECT_THAT(report.summary(), HasSubstr("530 Login incorrect."));
  EXPECT_THAT(to_text(report, {}), Not(HasSubstr("wrong")));
  EXPECT_THAT(to_json(report), Not(HasSubstr("wrong")));
}

TEST(BrokenServer, WithoutProtectedDataChannels) {
  Personality open_data = permissive();
  open_data.missing_verbs.insert("PROT");
  ProbedServer probed(open_data);
  const auto report = probed.probe();
  EXPECT_EQ(mark_of(report, "login"), Mark::failure);
  EXPECT_THAT(report.summary(), HasSubstr("PROT P"));
}

TEST(BrokenServer, BehindAFirewall) {
  ProbedServer probed;
  probed.server.faults().on_command("EPSV", 0,
                                    Fault::reply_with("229 Entering Extended Passive Mode (|||1|)"));
  probed.server.faults().on_command("PASV", 0,
                                    Fault::reply_with("227 Entering Passive Mode (127,0,0,1,0,1)."));
  const auto report = impatient(probed).probe();
  EXPECT_EQ(text_of(report, "epsv"),
            "port 1 refused the connection: passive ports are probably blocked by a firewall");
  EXPECT_THAT(report.summary(), HasSubstr("no passive port"));
  EXPECT_THAT(report.mount_command(), HasSubstr("-o active"));
  EXPECT_EQ(report.find("list"), nullptr);
}

TEST(BrokenServer, WhoseEpsvNamesADeadPort) {
  ProbedServer probed;
  probed.server.faults().on_command("EPSV", 0,
                                    Fault::reply_with("229 Entering Extended Passive Mode (|||1|)"));
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "data_channel"), Mark::ok);
  EXPECT_THAT(report.mount_command(), HasSubstr("quirks=no_epsv"));
}

TEST(BrokenServer, WhosePasvNamesAStrangeAddress) {
  for (const auto& [reply, words] :
       {std::pair{"227 Entering Passive Mode (0,0,0,0,%)", "gives 0.0.0.0"},
        std::pair{"227 Entering Passive Mode (192,0,2,9,%)", "gives another address, 192.0.2.9"}}) {
    ProbedServer probed;
    // A port that answers: the server's own.
    std::string text = reply;
    text.replace(
        text.find('%'), 1,
        std::to_string(probed.server.port() / 256) + "," + std::to_string(probed.server.port() % 256));
    probed.server.faults().on_command("PASV", 0, Fault::reply_with(text));
    const auto report = impatient(probed).probe();
    EXPECT_EQ(mark_of(report, "pasv"), Mark::note);
    EXPECT_THAT(text_of(report, "pasv"), HasSubstr(words));
  }
}

TEST(BrokenServer, ThatNeverAcceptsTheSessionItGave) {
  Fault refused;
  refused.refuse_resumption = true;
  ProbedServer probed(proftpd());
  probed.server.faults().on_command("LIST", 0, refused);
  const auto report = impatient(probed).probe();
  EXPECT_EQ(report.verdict(), Verdict::does_not_work);
  EXPECT_THAT(text_of(report, "resumption_tls13"), HasSubstr("does not accept the session it gave"));
  EXPECT_THAT(report.summary(), HasSubstr("data channels do not work"));
}

TEST(BrokenServer, WhoseTls13DoesNotResume) {
  Personality strict = proftpd();
  strict.tls.control_tickets = 0;  // a session to resume under TLS 1.2 only
  ProbedServer probed(strict);
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "resumption_tls12"), Mark::ok);
  EXPECT_EQ(mark_of(report, "resumption_tls13"), Mark::failure);
  EXPECT_EQ(report.verdict(), Verdict::works_with_options);
  EXPECT_THAT(report.mount_command(), HasSubstr("tls_max=1.2"));
}

// What is suggested about something else does not make up for data channels that fail.
TEST(BrokenServer, WhoseDataChannelsFailBesideAnotherDefect) {
  ProbedServer probed;
  probed.server.faults().on_command("PASV", 0,
                                    Fault::reply_with("227 Entering Passive Mode (127,0,0,1,0,1)."));
  probed.server.faults().on_command("LIST", 0, Fault::reply_with("451 Out of order."));
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "data_channel"), Mark::failure);
  EXPECT_THAT(report.mount_command(), HasSubstr("no_pasv"));
  EXPECT_EQ(report.verdict(), Verdict::does_not_work);
}

TEST(BrokenServer, ThatHoldsAResumedLoginAgainstADataChannel) {
  Fault refused;
  refused.refuse_resumption = true;
  ProbedServer probed(proftpd());
  // Two listings for each TLS version and one for the order of the handshake come before.
  probed.server.faults().on_command("LIST", 6, refused);
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "data_channel"), Mark::ok);
  EXPECT_THAT(report.mount_command(), HasSubstr("quirks=no_control_resumption"));
}

TEST(BrokenServer, ThatLosesPipelinedCommands) {
  ProbedServer probed;
  Fault lost;
  lost.hold_reply = true;
  probed.server.faults().on_command("SIZE", 2, lost);
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "pipelining"), Mark::warning);
  EXPECT_THAT(report.mount_command(), HasSubstr("one_at_a_time"));
  EXPECT_EQ(mark_of(report, "list"), Mark::ok) << "the connection that was lost is replaced";
  probed.server.faults().clear();
}

TEST(BrokenServer, ThatSendsOnePreliminaryReplyAfterTheOther) {
  ProbedServer probed;
  Fault babbling;
  for (int i = 0; i < 1000; ++i) babbling.before_reply += "150 Still here.\r\n";
  probed.server.faults().on_command("LIST", 0, babbling);
  const auto report = impatient(probed).probe();
  EXPECT_THAT(text_of(report, "data_channel"), HasSubstr("one preliminary reply after the other"));
  EXPECT_EQ(report.verdict(), Verdict::does_not_work);
}

TEST(BrokenServer, ThatIgnoresRest) {
  ProbedServer probed;
  Fault ignored = Fault::reply_with("350 Restarting at nothing.");
  probed.server.faults().on_command("REST", 0, ignored);
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "rest"), Mark::failure);
  EXPECT_EQ(report.verdict(), Verdict::does_not_work);
}

TEST(Probe, DoesNotTakeAFileThatGrowsForAServerThatIgnoresRest) {
  ProbedServer probed;
  Fault held;
  held.hold_reply = true;
  auto handle = probed.server.faults().on_command("REST", 1, held);
  std::jthread writer([&] {
    EXPECT_TRUE(handle.wait_reached(std::chrono::seconds(60)));
    std::ofstream(probed.folder.path() / "b.bin", std::ios::app) << "one more line\n";
    handle.release();
  });
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "rest"), Mark::unknown);
  EXPECT_EQ(report.verdict(), Verdict::works);
}

// A listing is kept up to a megabyte, and its last line is cut then.
TEST(Probe, ReadsALargeListingAsFarAsItKeepsIt) {
  ProbedServer probed;
  const std::string long_name(200, 'n');
  for (int i = 0; i < 5'000; ++i) probed.folder.write(long_name + std::to_string(i), "");
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "mlsd"), Mark::ok) << text_of(report, "mlsd");
  EXPECT_EQ(mark_of(report, "list"), Mark::ok) << text_of(report, "list");
}

TEST(BrokenServer, ThatAllowsOneSessionOnly) {
  ProbedServer probed;
  probed.server.faults().limit_connections(1);
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "list"), Mark::ok);
  EXPECT_EQ(mark_of(report, "resumption_tls13"), Mark::ok);
  EXPECT_THAT(text_of(report, "sessions"), StartsWith("1 at the same time"));
  EXPECT_THAT(report.mount_command(), HasSubstr("max_sessions=1"));
}

TEST(Probe, DoesNotTakeItsOwnLimitForTheServers) {
  ProbedServer probed;
  probed.settings.most_sessions = 8;
  probed.settings.most_connections = 9;
  const auto report = probed.probe();
  ASSERT_THAT(text_of(report, "sessions"), HasSubstr("the probe has opened"));
  EXPECT_THAT(report.mount_command(), Not(HasSubstr("max_sessions")));
}

TEST(BrokenServer, WithoutTheFolder) {
  ProbedServer probed;
  probed.settings.folder = at("/missing");
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "folder"), Mark::failure);
  EXPECT_EQ(report.verdict(), Verdict::does_not_work);
}

TEST(BrokenServer, ThatTakesNoFiles) {
  ProbedServer probed;
  probed.settings.write = true;
  probed.server.faults().on_command("MKD", 0, Fault::reply_with("550 Permission denied."));
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "scratch"), Mark::failure);
  EXPECT_EQ(report.verdict(), Verdict::works);
  EXPECT_THAT(report.mount_command(), HasSubstr("-o ro"));
}

TEST(BrokenServer, ThatDoesNotAppend) {
  Personality without = permissive();
  without.missing_verbs.insert("APPE");
  ProbedServer probed(without);
  probed.settings.write = true;
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "appe"), Mark::note);
  EXPECT_THAT(report.find("appe")->text, HasSubstr("a broken upload begins again"));
}

TEST(Probe, TellsWhatTheServerKnowsOfItsSpace) {
  Personality generous = permissive();
  generous.features.emplace_back("AVBL");
  generous.available = 12'345;
  generous.quota = {"Quota:", "  Uploaded bytes:\t100.00/1000.00"};
  ProbedServer probed(generous);
  const auto report = impatient(probed).probe();
  ASSERT_EQ(mark_of(report, "avbl"), Mark::ok);
  EXPECT_EQ(std::get<std::int64_t>(report.find("avbl")->value), 12'345);
  ASSERT_EQ(mark_of(report, "site_quota"), Mark::ok);
  EXPECT_EQ(std::get<std::int64_t>(report.find("site_quota")->value), 900);
}

TEST(BrokenServer, ThatDoesNotRenameOverAFile) {
  Personality careful = permissive();
  careful.rename_over_existing = false;
  ProbedServer probed(careful);
  probed.settings.write = true;
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "rename_over"), Mark::note);
  EXPECT_THAT(report.mount_command(), HasSubstr("no_rename_over"));
}

TEST(BrokenServer, ThatDoesNotRenameAtAll) {
  ProbedServer probed;
  probed.settings.write = true;
  probed.server.faults().on_command("RNTO", 0, Fault::reply_with("550 Permission denied."));
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "rename"), Mark::failure);
  EXPECT_EQ(report.find("rename_over"), nullptr);
  EXPECT_THAT(report.mount_command(), Not(HasSubstr("no_rename_over")));
  EXPECT_EQ(mark_of(report, "mfmt"), Mark::ok) << "tried on the file under its old name";
}

TEST(BrokenServer, ThatTellsNoTimes) {
  ProbedServer probed;
  probed.settings.write = true;
  probed.server.faults().on_command("MDTM", 0, Fault::reply_with("550 No."));
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "mfmt"), Mark::unknown);
}

TEST(BrokenServer, ThatDoesNotLetTheScratchFolderGo) {
  ProbedServer probed;
  probed.settings.write = true;
  probed.server.faults().on_command("RMD", 0, Fault::reply_with("550 Not now."));
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "scratch"), Mark::warning);
  EXPECT_THAT(text_of(report, "scratch"), HasSubstr("/.ftpsfs-probe-"));
}

void expect_no_scratch_folder(const ProbedServer& probed) {
  for (const auto& entry : std::filesystem::directory_iterator(probed.folder.path())) {
    EXPECT_THAT(entry.path().filename().string(), Not(StartsWith(".ftpsfs-probe-")));
  }
}

// A probe that is told to stop while the server has done `verb`, and has not said so yet.
probe::Report stopped_at(ProbedServer& probed, const std::string& verb) {
  Fault held;
  held.hold_reply = true;
  auto handle = probed.server.faults().on_command(verb, 1, held);
  std::stop_source stop;
  std::jthread stopper([&] {
    EXPECT_TRUE(handle.wait_reached(std::chrono::seconds(60)));
    stop.request_stop();
  });
  auto report = probe::run(probed.settings, probed.dialer,
                           base::OpContext::with_timeout(std::chrono::seconds(100), stop.get_token()));
  probed.server.faults().clear();
  return report;
}

TEST(Probe, RemovesItsFolderAlsoWhenItIsStopped) {
  ProbedServer probed;
  probed.settings.write = true;
  const auto report = stopped_at(probed, "APPE");
  EXPECT_EQ(mark_of(report, "scratch"), Mark::ok);
  expect_no_scratch_folder(probed);
}

TEST(Probe, RemovesItsFolderAlsoWhenItIsStoppedWhileItMakesIt) {
  ProbedServer probed;
  probed.settings.write = true;
  (void)stopped_at(probed, "MKD");
  expect_no_scratch_folder(probed);
}

TEST(Probe, RemovesItsFolderAlsoWhenTheReplyToMkdIsLost) {
  ProbedServer probed;
  probed.settings.write = true;
  probed.server.faults().on_command("MKD", 1, Fault::cut(CutPoint::before_final_reply));
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "scratch"), Mark::failure);
  EXPECT_THAT(report.mount_command(), Not(HasSubstr("-o ro")));
  expect_no_scratch_folder(probed);
}

TEST(Probe, BlamesTheServerForNothingWhenItIsStopped) {
  for (const auto* const verb :
       {"OPTS", "NOOP", "SIZE", "EPSV", "PASV", "LIST", "MLSD", "REST", "RNTO", "MFMT"}) {
    SCOPED_TRACE(verb);
    ProbedServer probed;
    probed.settings.write = true;
    const auto report = stopped_at(probed, verb);
    EXPECT_TRUE(report.suggestions.empty()) << to_text(report, {});
    EXPECT_THAT(report.summary(), HasSubstr("did not come to its end"));
  }
}

TEST(Probe, LeavesAFolderAlone) {
  ProbedServer probed;
  (void)impatient(probed).probe();
  const auto lines = probed.server.snapshot().lines();
  for (const char* const verb : {"STOR", "APPE", "MKD", "DELE", "RMD", "RNFR", "MFMT", "MFF"}) {
    EXPECT_THAT(lines, Not(Contains(StartsWith(verb))));
  }
  EXPECT_THAT(lines, Not(Contains(AllOf(StartsWith("SITE"), Not(StrEq("SITE QUOTA"))))));
}

TEST(Probe, GoesOnWithoutTlsWhenToldTo) {
  Personality plain = permissive();
  ProbedServer probed(plain);
  probed.settings.login.security = ftp::Security::none;
  const auto report = impatient(probed).probe();
  EXPECT_EQ(mark_of(report, "tls_start"), Mark::warning);
  EXPECT_EQ(report.find("resumption_tls13"), nullptr);
}

}  // namespace
}  // namespace ftpsfs::testing
