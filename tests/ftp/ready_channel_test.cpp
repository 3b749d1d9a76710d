// Data channels that are opened before a transfer wants them.

#include "ftpsfs/ftp/ready_channel.h"

#include <gmock/gmock.h>

#include <chrono>

#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/session.h"
#include "support/cutting_dialer.h"
#include "support/ftp_stack.h"
#include "support/turn_counting_dialer.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using base::OpContext;
using ftp::Command;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr int kToTheFirstByte = 2;

base::SteadyTime now() { return std::chrono::steady_clock::now(); }

base::Result<std::string> download(ftp::Session& session, const std::string& path) {
  auto transfer = session.transfer(Command::retr(at(path)), test_context());
  if (!transfer) return base::fail(std::move(transfer));
  std::string all(100, '\0');
  auto count = (*transfer)->read(std::as_writable_bytes(std::span(all)), test_context());
  if (!count) return base::fail(std::move(count));
  all.resize(*count);
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

// Waits as the pool does until nothing is under way any more.
void settle(ftp::ReadyChannel& channel) {
  channel.advance();
  while (!channel.interests().empty() && !channel.is_open()) {
    auto interests = channel.interests();
    ASSERT_TRUE(net::wait(interests, test_context(), "getting a data channel ready"));
    channel.advance();
  }
}

template <class Dialer>
class Served {
 public:
  explicit Served(Personality personality) : stack_(std::move(personality)) {
    stack_.folder.write("file", "content");
    open();
  }

  void open() {
    session_.reset();
    auto session = ftp::Session::open(stack_.stack.settings, dialer_, stack_.stack.knowledge, test_context());
    EXPECT_TRUE(session) << session.error().describe();
    if (session) session_ = std::move(*session);
  }

  void get_ready() {
    session_->ready_channel().begin(now());
    settle(session_->ready_channel());
  }

  ftp::Session& session() { return *session_; }
  ftp::ReadyChannel& channel() { return session_->ready_channel(); }
  ftp::ServerKnowledge& known() { return stack_.stack.knowledge; }
  Faults& faults() { return stack_.server.faults(); }
  std::uint64_t count(std::string_view verb) const { return stack_.server.snapshot().command_count(verb); }

  ServedStack stack_;
  Dialer dialer_;
  std::unique_ptr<ftp::Session> session_;
};

using OnTcp = Served<net::TcpDialer>;

class ReadyChannels : public ::testing::TestWithParam<Personality (*)()> {};

TEST_P(ReadyChannels, LeaveTwoRoundTripsToTheFirstByte) {
  Served<TurnCountingDialer> served(GetParam()());
  ASSERT_TRUE(download(served.session(), "/file"));
  served.get_ready();
  ASSERT_TRUE(served.channel().is_open());
  const int before = served.dialer_.round_trips();
  auto transfer = served.session().transfer(Command::retr(at("/file")), test_context());
  ASSERT_TRUE(transfer) << transfer.error().describe();
  std::byte first{};
  ASSERT_EQ((*transfer)->read({&first, 1}, test_context()), 1U);
  EXPECT_EQ(served.dialer_.round_trips() - before, kToTheFirstByte);
}

TEST_P(ReadyChannels, ServeDownloadsUploadsAndListings) {
  OnTcp served(GetParam()());
  for (int i = 0; i < 3; ++i) {
    served.get_ready();
    ASSERT_EQ(download(served.session(), "/file").value_or("failed"), "content");
    served.get_ready();
    ASSERT_TRUE(send(served.session(), "/up", "bytes"));
    served.get_ready();
    ASSERT_TRUE(ftp::read_directory(served.session(), at("/"), test_context()));
  }
  EXPECT_EQ(served.stack_.folder.read("up"), "bytes");
  EXPECT_EQ(served.stack_.server.snapshot().client_hello_before_command, 0U);
  EXPECT_EQ(served.stack_.server.snapshot().control_connections, 1U);
}

TEST_P(ReadyChannels, AreNotInTheWayOfCommands) {
  OnTcp served(GetParam()());
  for (int i = 0; i < 20; ++i) {
    served.channel().begin(now());
    const auto size = served.session().perform(Command::size(at("/file")), test_context());
    ASSERT_TRUE(size) << size.error().describe();
    EXPECT_THAT(size->text(), HasSubstr("7"));
    EXPECT_FALSE(served.session().perform(Command::size(at("/missing")), test_context()));
    ASSERT_EQ(download(served.session(), "/file").value_or("failed"), "content");
  }
  EXPECT_EQ(served.stack_.server.snapshot().control_connections, 1U);
}

TEST_P(ReadyChannels, ThatNobodyUsesAreClosedByTheServer) {
  OnTcp served(GetParam()());
  for (int i = 0; i < 3; ++i) {
    served.get_ready();
    served.channel().retire();
    settle(served.channel());
    EXPECT_TRUE(served.channel().interests().empty());
    EXPECT_TRUE(served.session().still_quiet());
    ASSERT_EQ(download(served.session(), "/file").value_or("failed"), "content");
    served.get_ready();
    served.channel().retire();
    ASSERT_EQ(download(served.session(), "/file").value_or("failed"), "content") << "without a wait between";
  }
  EXPECT_EQ(served.stack_.server.snapshot().control_connections, 1U);
}

INSTANTIATE_TEST_SUITE_P(Servers, ReadyChannels,
                         ::testing::Values(permissive, strict_vsftpd, proftpd, pureftpd, pyftpdlib,
                                           strict_filezilla));

TEST(ReadyChannel, IsOpenedOnce) {
  OnTcp served(permissive());
  served.get_ready();
  served.get_ready();
  ASSERT_TRUE(download(served.session(), "/file"));
  EXPECT_EQ(served.count("EPSV"), 1U);
}

TEST(ReadyChannel, IsOpenedByPasvWhereEpsvIsMissing) {
  OnTcp served(permissive());
  served.known().lacks_epsv = true;
  served.get_ready();
  ASSERT_EQ(download(served.session(), "/file").value_or("failed"), "content");
  EXPECT_EQ(served.count("EPSV"), 0U);
  EXPECT_EQ(served.count("PASV"), 1U);
}

TEST(ReadyChannel, IsLeftOutWhereItCannotBe) {
  OnTcp served(permissive());
  for (auto flag : {&ftp::ServerKnowledge::no_ready_data, &ftp::ServerKnowledge::needs_pret,
                    &ftp::ServerKnowledge::one_at_a_time}) {
    served.known().*flag = true;
    served.get_ready();
    served.known().*flag = false;
  }
  served.stack_.stack.settings.data.active = true;
  served.get_ready();
  EXPECT_EQ(served.count("EPSV"), 0U);
}

TEST(ReadyChannel, ThatTheServerHasClosedIsReplaced) {
  OnTcp served(permissive());
  served.get_ready();
  // A new EPSV ends what the one before has opened.
  ASSERT_TRUE(served.session().perform(Command::epsv(), test_context()));
  auto interests = served.channel().interests();
  ASSERT_TRUE(net::wait(interests, test_context(), "waiting for the server to close it"));
  ASSERT_EQ(download(served.session(), "/file").value_or("failed"), "content");
  EXPECT_EQ(served.count("EPSV"), 3U);
  EXPECT_TRUE(served.channel().take_failure());
}

TEST(ReadyChannel, ThatDiesUnderADownloadIsReplaced) {
  Personality personality = permissive();
  personality.texts.handshake_failed = "425 Failed to establish connection.";
  Served<CuttingDialer> served(personality);
  served.dialer_.cut(0, CuttingDialer::End::reset, 1);
  served.get_ready();
  ASSERT_EQ(download(served.session(), "/file").value_or("failed"), "content");
  EXPECT_TRUE(served.dialer_.has_cut());
  EXPECT_EQ(served.count("RETR"), 2U);
  EXPECT_EQ(served.stack_.server.snapshot().control_connections, 1U);
}

TEST(ReadyChannel, ThatDiesUnderAnUploadIsReplacedIfTheServerSaysSo) {
  OnTcp served(permissive());
  served.get_ready();
  served.faults().on_command("STOR", 1, Fault::reply_with("425 Failed to establish connection."));
  ASSERT_TRUE(send(served.session(), "/up", "bytes"));
  EXPECT_EQ(served.stack_.folder.read("up"), "bytes");
  EXPECT_EQ(served.count("STOR"), 2U);
}

TEST(ReadyChannel, LeavesOtherRefusalsAlone) {
  OnTcp served(permissive());
  for (const char* refusal : {"553 Could not create file.", "452 Disk full."}) {
    served.get_ready();
    served.faults().clear();
    served.faults().on_command("STOR", 1, Fault::reply_with(refusal));
    EXPECT_FALSE(send(served.session(), "/up", "bytes"));
  }
  EXPECT_EQ(served.count("STOR"), 2U);
  served.get_ready();
  EXPECT_EQ(download(served.session(), "/missing").error().code, Errc::not_found);
  EXPECT_EQ(served.count("RETR"), 1U);
}

TEST(ReadyChannel, IsSilentlyDoneWithoutWhenTheServerRefuses) {
  for (const char* refusal : {"425 Cannot prepare for data connection.", "502 Not implemented.",
                              "229 Entering Extended Passive Mode (|||nonsense|)"}) {
    OnTcp served(permissive());
    served.faults().on_command("EPSV", 1, Fault::reply_with(refusal));
    served.get_ready();
    EXPECT_TRUE(served.channel().take_failure()) << refusal;
    ASSERT_EQ(download(served.session(), "/file").value_or("failed"), "content") << refusal;
  }
}

TEST(ReadyChannel, WithAServerThatSaysNothingItCostsTheSession) {
  OnTcp served(permissive());
  Fault held;
  held.hold_reply = true;
  served.faults().on_command("EPSV", 1, held);
  served.channel().begin(now());
  EXPECT_TRUE(served.session().reusable());
  const auto transfer = served.session().transfer(Command::retr(at("/file")),
                                                  OpContext::with_timeout(std::chrono::milliseconds(100)));
  ASSERT_FALSE(transfer);
  EXPECT_EQ(transfer.error().code, Errc::timed_out);
  EXPECT_FALSE(served.session().reusable());
}

// What a server that works on several commands at once may answer. Nothing of it must be taken for another's.
TEST(ReadyChannel, OfAServerThatAnswersOutOfOrderCostsTheSessionAndIsTheLast) {
  for (const auto& [verb, reply] :
       {std::pair{"EPSV", "213 7"}, {"SIZE", "229 Entering Extended Passive Mode (|||1|)"}}) {
    OnTcp served(permissive());
    served.faults().on_command(verb, 1, Fault::reply_with(reply));
    served.channel().begin(now());
    const auto size = served.session().perform(Command::size(at("/file")), test_context());
    ASSERT_FALSE(size) << size->text();
    EXPECT_EQ(size.error().code, Errc::connection_lost);
    EXPECT_FALSE(served.session().reusable());
    served.open();
    EXPECT_TRUE(served.known().one_at_a_time);
    served.get_ready();
    EXPECT_FALSE(served.channel().is_open());
    EXPECT_EQ(download(served.session(), "/file").value_or("failed"), "content");
  }
}

}  // namespace
}  // namespace ftpsfs::testing
