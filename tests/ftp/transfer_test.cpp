#include "ftpsfs/ftp/transfer.h"

#include <gmock/gmock.h>

#include <tuple>
#include <vector>

#include "ftpsfs/ftp/session.h"
#include "ftpsfs/net/blocking.h"
#include "ftpsfs/tls/stream.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ftp::Command;

base::Result<std::string> download(ftp::Session& session, const std::string& path,
                                   std::optional<std::uint64_t> restart_at = std::nullopt) {
  auto transfer = session.transfer(Command::retr(at(path)), test_context(), restart_at);
  if (!transfer) return base::fail(std::move(transfer));
  std::string all;
  std::vector<std::byte> buffer(65536);
  for (;;) {
    auto count = (*transfer)->read(buffer, test_context());
    if (!count) return base::fail(std::move(count));
    if (*count == 0) break;
    all.append(reinterpret_cast<const char*>(buffer.data()), *count);
  }
  auto reply = (*transfer)->finish_download(test_context());
  if (!reply) return base::fail(std::move(reply));
  return all;
}

base::Status send(ftp::Session& session, const std::string& path, const std::string& bytes) {
  auto transfer = session.transfer(Command::stor(at(path)), test_context());
  if (!transfer) return base::fail(std::move(transfer));
  if (auto ok = (*transfer)->write(std::as_bytes(std::span(bytes)), test_context()); !ok) return ok;
  auto reply = (*transfer)->finish_upload(test_context(), test_context());
  return reply ? base::Status{} : base::fail(std::move(reply));
}

using Case = std::tuple<Personality (*)(), tls::Version>;

// On every kind of server that demands something of the data channel, with both TLS versions.
class Transfers : public ::testing::TestWithParam<Case> {
 protected:
  Transfers() : served_(std::get<0>(GetParam())(), std::get<1>(GetParam())) {
    auto session = served_.stack.open_session();
    EXPECT_TRUE(session) << session.error().describe();
    if (session) session_ = std::move(*session);
  }

  void SetUp() override { ASSERT_TRUE(session_); }

  CounterSnapshot seen() const { return served_.server.snapshot(); }

  ServedStack served_;
  std::unique_ptr<ftp::Session> session_;
};

TEST_P(Transfers, HundredDataChannelsInARowAreAllResumed) {
  served_.folder.write("file", "content");
  for (int i = 0; i < 100; ++i) {
    const auto content = download(*session_, "/file");
    ASSERT_TRUE(content) << "transfer " << i << ": " << content.error().describe();
    ASSERT_EQ(*content, "content");
  }
  EXPECT_EQ(seen().data_handshakes_resumed, 100U);
  EXPECT_EQ(seen().data_handshakes_full, 0U);
  EXPECT_EQ(seen().data_resumed_foreign, 0U);
  EXPECT_EQ(seen().control_connections, 1U);
}

TEST_P(Transfers, SendTheClientHelloNeverAheadOfTheCommand) {
  served_.folder.write("file", "content");
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(download(*session_, "/file"));
  EXPECT_EQ(seen().client_hello_before_command, 0U);
}

TEST_P(Transfers, LeadWithTheGroupOfTheControlHandshake) {
  served_.folder.write("file", "content");
  const auto before = seen().hello_retry_requests;  // of the first control handshake, which cannot know
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(download(*session_, "/file"));
  EXPECT_EQ(seen().hello_retry_requests, before);
  auto second = served_.stack.open_session();
  ASSERT_TRUE(second);
  EXPECT_EQ(seen().hello_retry_requests, before) << "a reconnection knows the group as well";
}

TEST_P(Transfers, OfTwoSessionsResumeTheirOwn) {
  served_.folder.write("file", "content");
  auto other = served_.stack.open_session();
  ASSERT_TRUE(other);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(download(*session_, "/file"));
    ASSERT_TRUE(download(**other, "/file"));
  }
  EXPECT_EQ(seen().data_handshakes_resumed, 20U);
  EXPECT_EQ(seen().data_resumed_foreign, 0U);
  EXPECT_EQ(seen().resumption_refused, 0U);
}

TEST_P(Transfers, CarryEmptyFilesBothWays) {
  ASSERT_TRUE(send(*session_, "/empty", ""));
  const auto content = download(*session_, "/empty");
  ASSERT_TRUE(content) << content.error().describe();
  EXPECT_EQ(*content, "");
  EXPECT_EQ(seen().data_handshakes_resumed, 2U)
      << "the handshake is finished even when there is nothing to send";
}

TEST_P(Transfers, UploadsArriveCompleteAndEndWithCloseNotify) {
  const std::string bytes = patterned_bytes(2'500'001);
  for (int i = 0; i < 3; ++i) {
    const auto sent = send(*session_, "/up", bytes);
    ASSERT_TRUE(sent) << sent.error().describe();
    ASSERT_TRUE(served_.folder.read("up") == bytes);
  }
  EXPECT_EQ(seen().uploads_complete, 3U);
  EXPECT_EQ(seen().uploads_without_close_notify, 0U);
}

TEST_P(Transfers, StartAtAnOffset) {
  const std::string bytes = patterned_bytes(200'000);
  served_.folder.write("file", bytes);
  const auto tail = download(*session_, "/file", 123'456);
  ASSERT_TRUE(tail) << tail.error().describe();
  EXPECT_TRUE(*tail == bytes.substr(123'456));
}

TEST_P(Transfers, StoppedEarlyLeaveTheSessionUsable) {
  served_.folder.write("big", patterned_bytes(30'000'000));
  served_.folder.write("small", "small");
  std::vector<std::byte> buffer(65536);
  for (int i = 0; i < 5; ++i) {
    auto transfer = session_->transfer(Command::retr(at("/big")), test_context());
    ASSERT_TRUE(transfer) << transfer.error().describe();
    ASSERT_TRUE((*transfer)->read(buffer, test_context()));
    (*transfer)->abandon();
    ASSERT_TRUE(session_->reusable());
    const auto content = download(*session_, "/small");
    ASSERT_TRUE(content) << content.error().describe();
    EXPECT_EQ(*content, "small");
  }
  EXPECT_EQ(seen().control_connections, 1U);
  EXPECT_EQ(seen().data_handshakes_full, 0U);
}

TEST_P(Transfers, LeftAtTheLastByteEndInOrder) {
  served_.folder.write("file", "12345");
  for (int i = 0; i < 5; ++i) {
    auto transfer = session_->transfer(Command::retr(at("/file")), test_context());
    ASSERT_TRUE(transfer);
    std::vector<std::byte> buffer(5);
    ASSERT_EQ((*transfer)->read(buffer, test_context()), 5U);
    (*transfer)->abandon();
    ASSERT_TRUE(session_->perform(Command::noop(), test_context()));
  }
  EXPECT_EQ(seen().control_connections, 1U);
}

TEST_P(Transfers, WhoseEndIsExpectedAreNotCutOff) {
  served_.folder.write("file", "12345");
  for (int i = 0; i < 5; ++i) {
    auto transfer = session_->transfer(Command::retr(at("/file")), test_context());
    ASSERT_TRUE(transfer);
    std::vector<std::byte> buffer(5);
    ASSERT_EQ((*transfer)->read(buffer, test_context()), 5U);
    (*transfer)->expect_end();
    (*transfer)->abandon();
    ASSERT_TRUE(session_->perform(Command::noop(), test_context()));
  }
  EXPECT_EQ(seen().command_count("ABOR"), 0U);
  EXPECT_EQ(seen().control_connections, 1U);
}

TEST_P(Transfers, WhoseEndIsExpectedMayHaveALittleMore) {
  served_.folder.write("file", patterned_bytes(300'000));
  auto transfer = session_->transfer(Command::retr(at("/file")), test_context());
  ASSERT_TRUE(transfer);
  std::vector<std::byte> buffer(5);
  ASSERT_EQ((*transfer)->read(buffer, test_context()), 5U);
  (*transfer)->expect_end();
  (*transfer)->abandon();
  EXPECT_TRUE(session_->perform(Command::noop(), test_context()));
  EXPECT_EQ(seen().command_count("ABOR"), 0U);
}

TEST_P(Transfers, WhoseEndDoesNotComeLoseTheSession) {
  served_.folder.write("file", patterned_bytes(30'000'000));
  auto transfer = session_->transfer(Command::retr(at("/file")), test_context());
  ASSERT_TRUE(transfer);
  std::vector<std::byte> buffer(5);
  ASSERT_EQ((*transfer)->read(buffer, test_context()), 5U);
  (*transfer)->expect_end();
  (*transfer)->abandon();
  const auto next = session_->perform(Command::noop(), test_context());
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, Errc::connection_lost) << next.error().describe();
  EXPECT_FALSE(session_->reusable());
}

TEST_P(Transfers, RefusedBeforeTheyBeginLeaveTheSessionUsable) {
  for (int i = 0; i < 3; ++i) {
    const auto content = download(*session_, "/missing");
    ASSERT_FALSE(content);
    EXPECT_EQ(content.error().code, Errc::not_found) << content.error().describe();
    EXPECT_NE(content.error().server_reply, "");
  }
  served_.folder.write("file", "x");
  EXPECT_TRUE(download(*session_, "/file"));
  EXPECT_EQ(seen().control_connections, 1U);
}

TEST_P(Transfers, EndedWithoutCloseNotifyAreKnownAsSuch) {
  served_.folder.write("file", "content");
  served_.stack.knowledge.minds_early_close_notify = true;
  Fault fault;
  fault.no_close_notify = true;
  served_.server.faults().on_command("RETR", 1, fault);
  auto transfer = session_->transfer(Command::retr(at("/file")), test_context());
  ASSERT_TRUE(transfer);
  std::vector<std::byte> buffer(100);
  ASSERT_EQ((*transfer)->read(buffer, test_context()), 7U);
  ASSERT_EQ((*transfer)->read(buffer, test_context()), 0U);
  EXPECT_TRUE((*transfer)->finish_download(test_context()));
  EXPECT_FALSE((*transfer)->closed_cleanly());
}

// It waits for our close_notify, which would take a round trip if it came behind the data.
TEST(VsftpdsDownloads, DoNotWaitForUsAtTheirEnd) {
  for (const auto version : {tls::Version::tls1_2, tls::Version::tls1_3}) {
    ServedStack served(strict_vsftpd(), version);
    served.folder.write("file", "content");
    auto session = served.stack.open_session().value();
    auto transfer = session->transfer(Command::retr(at("/file")), test_context()).value();
    EXPECT_TRUE(served.server.counters().wait_until([](const auto& seen) { return seen.transfers_now == 0; },
                                                    std::chrono::seconds(20)));
    std::array<std::byte, 16> content{};
    EXPECT_EQ(transfer->read(content, test_context()), 7U);
    EXPECT_EQ(transfer->read(content, test_context()), 0U);
    EXPECT_TRUE(transfer->finish_download(test_context()));
  }
}

// Whoever closes without having read it resets the connection.
TEST(VsftpdsDownloads, GetOurEndBehindTheirsOnceAConnectionWasReset) {
  ServedStack served(strict_vsftpd());
  served.folder.write("file", std::string(10'000'000, 'x'));
  Fault fault;
  fault.no_close_notify = true;
  served.server.faults().on_command("RETR", 0, fault);
  auto session = served.stack.open_session().value();
  EXPECT_FALSE(download(*session, "/file"));
  EXPECT_TRUE(served.stack.knowledge.minds_early_close_notify);
  session = served.stack.open_session().value();
  const auto content = download(*session, "/file");
  ASSERT_TRUE(content) << content.error().describe();
  EXPECT_EQ(content->size(), 10'000'000U);
}

TEST_P(Transfers, TakeASecondPreliminaryReply) {
  served_.folder.write("file", "content");
  Fault fault;
  fault.before_reply = "150 still going\r\n";
  served_.server.faults().on_command("RETR", 1, fault);
  ASSERT_EQ(download(*session_, "/file").value_or("failed"), "content");
  EXPECT_EQ(download(*session_, "/file").value_or("failed"), "content");
}

TEST_P(Transfers, ReportTheServersReasonWhenItBreaksOffAnUpload) {
  Fault full = Fault::reset_after(100'000);
  full.replace_reply = "452 Error writing file: No space left on device";
  full.execute_anyway = true;
  served_.server.faults().on_command("STOR", 1, full);
  const auto sent = send(*session_, "/up", patterned_bytes(20'000'000));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::no_space) << sent.error().describe();
}

TEST_P(Transfers, NameTheRefusedResumptionWhereTheServerInsists) {
  served_.folder.write("file", "content");
  Fault fault;
  fault.refuse_resumption = true;
  served_.server.faults().on_command("RETR", 1, fault);
  const auto content = download(*session_, "/file");
  if (std::get<0>(GetParam())().resumption == Resumption::optional) {
    EXPECT_EQ(content.value_or("failed"), "content");
    return;
  }
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Errc::tls_not_resumed) << content.error().describe();
}

TEST_P(Transfers, EndWhenTheServerSendsNothingButPreliminaryReplies) {
  served_.folder.write("file", "content");
  Fault babbling;
  for (int i = 0; i < 1000; ++i) babbling.before_reply += "150 Still here.\r\n";
  served_.server.faults().on_command("RETR", 1, babbling);
  const auto content = download(*session_, "/file");
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Errc::protocol_error) << content.error().describe();
}

TEST_P(Transfers, FailWithinTheDeadlineWhenTheServerFallsSilent) {
  served_.folder.write("file", patterned_bytes(5'000'000));
  served_.server.faults().on_command("RETR", 1, Fault::stall_after(1'000'000));
  auto transfer = session_->transfer(Command::retr(at("/file")), test_context());
  ASSERT_TRUE(transfer);
  std::vector<std::byte> buffer(65536);
  base::Result<std::size_t> count = 1;
  while (count && *count > 0) {
    count = (*transfer)->read(buffer, base::OpContext::with_timeout(std::chrono::milliseconds(300)));
  }
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, Errc::timed_out);
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  std::string name = std::get<0>(info.param)().name;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name + (std::get<1>(info.param) == tls::Version::tls1_2 ? "_tls12" : "_tls13");
}

INSTANTIATE_TEST_SUITE_P(Servers, Transfers,
                         ::testing::Combine(::testing::Values(&permissive, &strict_vsftpd, &strict_filezilla,
                                                              &proftpd),
                                            ::testing::Values(tls::Version::tls1_2, tls::Version::tls1_3)),
                         case_name);

Personality with(AbortReplies replies) {
  Personality personality = permissive();
  personality.abort_replies = replies;
  return personality;
}

// Reads the beginning of a file that is too large for the buffers in between, and leaves.
void stop_early(ftp::Session& session, const std::string& path) {
  auto transfer = session.transfer(Command::retr(at(path)), test_context());
  ASSERT_TRUE(transfer) << transfer.error().describe();
  std::vector<std::byte> buffer(65536);
  ASSERT_TRUE((*transfer)->read(buffer, test_context()));
  (*transfer)->abandon();
}

class LateAbortReplies : public ::testing::TestWithParam<AbortReplies> {};

TEST_P(LateAbortReplies, EndTheConnectionInsteadOfAnsweringLaterCommands) {
  ServedStack served(with(GetParam()));
  served.folder.write("big", patterned_bytes(30'000'000));
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  stop_early(**session, "/big");
  const auto made = (*session)->perform(Command::mkd(at("/made")), test_context());
  ASSERT_FALSE(made) << "taken for the answer: " << made->text();
  EXPECT_EQ(made.error().code, Errc::connection_lost) << made.error().describe();
  EXPECT_FALSE((*session)->reusable());
  EXPECT_FALSE(std::filesystem::exists(served.folder.path() / "made"));
}

TEST_P(LateAbortReplies, AreLearntSoThatDownloadsAreStoppedWithoutAbor) {
  ServedStack served(with(GetParam()));
  served.folder.write("big", patterned_bytes(30'000'000));
  served.folder.write("small", "small");
  {
    auto first = served.stack.open_session();
    ASSERT_TRUE(first);
    stop_early(**first, "/big");
    ASSERT_FALSE((*first)->perform(Command::noop(), test_context()));
  }
  EXPECT_TRUE(served.stack.knowledge.stops_by_waiting);
  EXPECT_TRUE(served.stack.knowledge.one_at_a_time);
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  const auto aborts = served.server.snapshot().commands.at("ABOR");
  for (int i = 0; i < 3; ++i) {
    stop_early(**session, "/big");
    ASSERT_TRUE((*session)->reusable());
    const auto content = download(**session, "/small");
    ASSERT_TRUE(content) << content.error().describe();
    EXPECT_EQ(*content, "small");
  }
  EXPECT_EQ(served.server.snapshot().commands.at("ABOR"), aborts);
  EXPECT_EQ(served.server.snapshot().control_connections, 2U);
}

INSTANTIATE_TEST_SUITE_P(Orders, LateAbortReplies,
                         ::testing::Values(AbortReplies::late, AbortReplies::abort_late),
                         [](const auto& test) {
                           return test.param == AbortReplies::late ? "all_behind_pwd" : "abor_behind_pwd";
                         });

// Its answers to pipelined questions may be exchanged, which nothing would show: a time taken for a size.
TEST(Disorder, IsExpectedOfFtpSrvFromTheBeginning) {
  Personality personality = with(AbortReplies::late);
  personality.features = {"AUTH TLS", "MDTM", "PBSZ", "PROT", "SIZE", "TYPE A,I,L", "UTF8"};
  ServedStack served(personality);
  served.folder.write("big", patterned_bytes(30'000'000));
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  EXPECT_TRUE(served.stack.knowledge.one_at_a_time);
  stop_early(**session, "/big");
  const auto reply = (*session)->perform(Command::noop(), test_context());
  ASSERT_TRUE(reply) << reply.error().describe();
  EXPECT_THAT(served.server.snapshot().lines(), ::testing::Not(::testing::Contains("ABOR")));
}

TEST(SilentAfterACut, IsTakenFromPureFtpdAlone) {
  ServedStack pure(pureftpd());
  pure.folder.write("big", patterned_bytes(30'000'000));
  auto session = pure.stack.open_session();
  ASSERT_TRUE(session);
  for (int i = 0; i < 3; ++i) {
    stop_early(**session, "/big");
    const auto reply = (*session)->perform(Command::noop(), test_context());
    ASSERT_TRUE(reply) << reply.error().describe();
  }
  EXPECT_EQ(pure.server.snapshot().control_connections, 1U);

  ServedStack unknown(with(AbortReplies::abort_only));
  unknown.folder.write("big", patterned_bytes(30'000'000));
  auto other = unknown.stack.open_session();
  ASSERT_TRUE(other);
  stop_early(**other, "/big");
  const auto reply = (*other)->perform(Command::noop(), test_context());
  ASSERT_FALSE(reply) << "a reply may still come";
  EXPECT_EQ(reply.error().code, Errc::connection_lost);
  EXPECT_FALSE(unknown.stack.knowledge.stops_by_waiting) << "nothing was learnt for sure";
}

// What the strict servers refuse, shown with a client that does what ours never does: offer one control connection's
// session on a data channel of another.
class ForeignSession : public ::testing::TestWithParam<Case> {};

TEST_P(ForeignSession, IsRefused) {
  ServedStack served(std::get<0>(GetParam())(), std::get<1>(GetParam()));
  served.folder.write("file", "content");
  const auto& settings = served.stack.settings;
  std::vector<std::unique_ptr<ftp::ControlConnection>> controls;
  for (int i = 0; i < 2; ++i) {
    auto control = ftp::ControlConnection::open(served.stack.dialer, settings.host, settings.port, nullptr,
                                                test_context());
    ASSERT_TRUE(control);
    ASSERT_TRUE((*control)->exchange(Command::auth_tls(), test_context()));
    // One that resumed the other's session would have a claim to it under TLS 1.2.
    ASSERT_TRUE((*control)->start_tls(settings.tls, test_context(), tls::Resume::never));
    const auto user = Command::user("ftpt");
    const auto pass = Command::pass(settings.password);
    for (const Command* command : {&*user, &*pass})
      ASSERT_TRUE((*control)->exchange(*command, test_context()));
    for (const Command& command : std::array{Command::pbsz_0(), Command::prot_p(), Command::epsv()}) {
      ASSERT_TRUE((*control)->exchange(command, test_context()));
    }
    controls.push_back(std::move(*control));
  }
  ftp::ControlConnection& asking = *controls[0];
  const auto port = ftp::parse_epsv_port(asking.exchange(Command::epsv(), test_context()).value());
  ASSERT_TRUE(port);
  auto data = served.stack.dialer.dial_beside(asking.peer(), asking.local(), *port, test_context());
  ASSERT_TRUE(data);
  ASSERT_TRUE(asking.send(Command::retr(at("/file")), test_context()));
  auto stream = tls::Stream::for_data(settings.tls, std::move(data->stream), settings.host,
                                      controls[1]->session_keeper());
  ASSERT_TRUE(stream);
  for (bool done = false; !done;) {
    auto step = (*stream)->try_handshake();
    done = !step || step->state == net::IoState::done;
    if (!done) {
      ASSERT_TRUE(net::wait_for(**stream, step->state, test_context(), "testing"));
    }
  }
  stream->reset();
  auto reply = asking.read_reply(test_context());
  while (reply && reply->preliminary()) reply = asking.read_reply(test_context());
  ASSERT_TRUE(reply) << reply.error().describe();
  EXPECT_TRUE(reply->refused()) << reply->text();
  EXPECT_EQ(served.server.snapshot().resumption_refused, 1U);
}

INSTANTIATE_TEST_SUITE_P(StrictServers, ForeignSession,
                         ::testing::Combine(::testing::Values(&strict_vsftpd, &strict_filezilla),
                                            ::testing::Values(tls::Version::tls1_2, tls::Version::tls1_3)),
                         case_name);

}  // namespace
}  // namespace ftpsfs::testing
