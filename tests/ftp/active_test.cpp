// Data channels that the server opens.

#include <gmock/gmock.h>

#include "ftp/ipv6_served.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ftp::Command;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Case = std::tuple<Personality (*)(), tls::Version>;

class Active : public ::testing::TestWithParam<Case> {
 protected:
  Active() : served_(std::get<0>(GetParam())(), std::get<1>(GetParam())) {
    served_.stack.settings.data.active = true;
  }

  CounterSnapshot seen() const { return served_.server.snapshot(); }

  ServedStack served_;
};

TEST_P(Active, MovesFilesAndListingsBothWays) {
  const std::string bytes = patterned_bytes(3'000'000);
  auto& fs = served_.fs();
  served_.stack.knowledge.lacks_stat_listings = true;
  const auto stored = fs.store(at("/file"), content_of(bytes), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_TRUE(served_.folder.read("file") == bytes);
  const auto content = read_all(fs, at("/file"), 1'000'000);
  ASSERT_TRUE(content) << content.error().describe();
  EXPECT_TRUE(*content == bytes.substr(1'000'000));
  const auto entries = fs.list(at("/"), test_context());
  ASSERT_TRUE(entries) << entries.error().describe();
  EXPECT_EQ(entries->size(), 1U);

  EXPECT_EQ(seen().command_count("EPSV") + seen().command_count("PASV"), 0U);
  EXPECT_GE(seen().command_count("EPRT"), 3U);
  EXPECT_EQ(seen().data_handshakes_full, 0U) << "resumed like any other";
}

TEST_P(Active, RefusedTransfersLeaveTheSessionUsable) {
  served_.folder.write("file", "content");
  auto session = served_.stack.open_session();
  ASSERT_TRUE(session);
  for (int i = 0; i < 3; ++i) {
    const auto refused = (*session)->transfer(Command::retr(at("/missing")), test_context());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::not_found) << refused.error().describe();
    EXPECT_TRUE((*session)->reusable());
  }
  EXPECT_TRUE((*session)->transfer(Command::retr(at("/file")), test_context()));
}

TEST_P(Active, StoppedDownloadsLeaveTheSessionUsable) {
  served_.folder.write("big", patterned_bytes(20'000'000));
  auto session = served_.stack.open_session();
  ASSERT_TRUE(session);
  std::vector<std::byte> buffer(65536);
  for (int i = 0; i < 3; ++i) {
    auto transfer = (*session)->transfer(Command::retr(at("/big")), test_context());
    ASSERT_TRUE(transfer) << transfer.error().describe();
    ASSERT_TRUE((*transfer)->read(buffer, test_context()));
    transfer->reset();
    ASSERT_TRUE((*session)->perform(Command::noop(), test_context()));
  }
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  return std::get<0>(info.param)().name +
         (std::get<1>(info.param) == tls::Version::tls1_2 ? "_tls12" : "_tls13");
}

INSTANTIATE_TEST_SUITE_P(Servers, Active,
                         ::testing::Combine(::testing::Values(&permissive, &strict_vsftpd, &strict_filezilla,
                                                              &proftpd),
                                            ::testing::Values(tls::Version::tls1_2, tls::Version::tls1_3)),
                         case_name);

class ActiveDetails : public ::testing::Test {
 protected:
  void serve(Personality personality) {
    served_ = std::make_unique<ServedStack>(std::move(personality));
    served_->folder.write("file", "content");
    served_->stack.settings.data.active = true;
  }

  std::string read_file() { return read_all(served_->fs(), at("/file")).value_or("failed"); }
  ftp::DataChannelSettings& data() { return served_->stack.settings.data; }
  CounterSnapshot seen() const { return served_->server.snapshot(); }

  std::unique_ptr<ServedStack> served_;
};

TEST_F(ActiveDetails, TakesPortWhereEprtIsUnknownAndRemembersIt) {
  Personality old = permissive();
  old.missing_verbs.insert("EPRT");
  serve(old);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read_file(), "content");
  EXPECT_EQ(seen().command_count("EPRT"), 1U);
  EXPECT_EQ(seen().command_count("PORT"), 3U);
}

TEST_F(ActiveDetails, ListensOnThePortsItMay) {
  serve(permissive());
  data().active_ports = {.first = 15'671, .last = 15'674};
  for (int i = 0; i < 8; ++i) ASSERT_EQ(read_file(), "content");
  for (const auto& line : seen().lines()) {
    if (!line.starts_with("EPRT")) continue;
    const int port = std::stoi(line.substr(line.rfind('|', line.size() - 2) + 1));
    EXPECT_TRUE(port >= 15'671 && port <= 15'674) << line;
  }
}

TEST_F(ActiveDetails, UploadsOneFileAfterTheOtherThroughASinglePort) {
  serve(permissive());
  data().active_ports = {.first = 15'676, .last = 15'676};
  const std::string bytes = "content";
  for (int i = 0; i < 3; ++i) {
    const auto stored = served_->fs().store(at("/new"), content_of(bytes), test_context());
    ASSERT_TRUE(stored) << stored.error().describe();
  }
}

TEST_F(ActiveDetails, TellsTheAddressItIsTold) {
  serve(permissive());
  data().active_address = net::SocketAddress::parse("192.0.2.7").value();
  auto session = served_->stack.open_session();
  ASSERT_TRUE(session);
  const auto transfer = (*session)->transfer(Command::retr(at("/file")), test_context());
  ASSERT_FALSE(transfer) << "the server refuses a foreign address";
  EXPECT_EQ(transfer.error().code, Errc::unreachable) << transfer.error().describe();
  EXPECT_THAT(transfer.error().message, HasSubstr("active_address="));
  EXPECT_THAT(seen().lines(), Contains(StartsWith("EPRT |1|192.0.2.7|")));
  EXPECT_THAT(seen().lines(), Contains(StartsWith("PORT 192,0,2,7,")));
  EXPECT_TRUE((*session)->reusable());
}

TEST_F(ActiveDetails, RefusesAnAddressOfTheOtherKind) {
  serve(permissive());
  data().active_address = net::SocketAddress::parse("2001:db8::1").value();
  auto session = served_->stack.open_session();
  ASSERT_TRUE(session);
  const auto transfer = (*session)->transfer(Command::retr(at("/file")), test_context());
  ASSERT_FALSE(transfer);
  EXPECT_EQ(transfer.error().code, Errc::invalid_argument);
  EXPECT_EQ(seen().command_count("EPRT"), 0U);
}

TEST_F(ActiveDetails, ExplainsAServerThatCannotConnect) {
  serve(permissive());
  served_->server.faults().on_command("RETR", 1, Fault::reply_with("425 Failed to establish connection."));
  auto session = served_->stack.open_session();
  ASSERT_TRUE(session);
  const auto transfer = (*session)->transfer(Command::retr(at("/file")), test_context());
  ASSERT_FALSE(transfer);
  EXPECT_THAT(transfer.error().message, HasSubstr("has to connect to this machine"));
}

TEST_F(ActiveDetails, AServerThatNeverConnectsTimesOut) {
  serve(permissive());
  Fault silent;
  silent.replace_reply = "150 Here it comes.";
  served_->server.faults().on_command("RETR", 1, silent);
  auto session = served_->stack.open_session();
  ASSERT_TRUE(session);
  const auto transfer = (*session)->transfer(Command::retr(at("/file")),
                                             base::OpContext::with_timeout(std::chrono::milliseconds(200)));
  ASSERT_FALSE(transfer);
  EXPECT_EQ(transfer.error().code, Errc::timed_out);
  EXPECT_THAT(transfer.error().message, HasSubstr("active_ports="));
}

class ActiveOverIpv6 : public Ipv6Served {};

TEST_F(ActiveOverIpv6, UsesEprt) {
  serve();
  if (!stack) return;
  stack->settings.data.active = true;
  EXPECT_EQ(content(), "content");
  EXPECT_THAT(server->snapshot().lines(), Contains(StartsWith("EPRT |2|::1|")));

  stack->knowledge.lacks_eprt = true;  // as learnt over IPv4
  EXPECT_EQ(content(), "content");
  EXPECT_EQ(server->snapshot().command_count("PORT"), 0U) << "it has no room for an IPv6 address";
}

}  // namespace
}  // namespace ftpsfs::testing
