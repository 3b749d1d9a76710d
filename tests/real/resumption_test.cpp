// What real servers themselves count of our TLS handshakes.

#include <gmock/gmock.h>

#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "ftpsfs/ftp/inspect.h"
#include "ftpsfs/ftp/upload.h"
#include "real/shared_server.h"

namespace ftpsfs::testing {
namespace {

struct Handshakes {
  int resumed = 0;
  int full = 0;

  friend Handshakes operator-(const Handshakes& a, const Handshakes& b) {
    return {a.resumed - b.resumed, a.full - b.full};
  }
};

Handshakes counted(const mount_test::RealServer& server, const std::string& channel = "data") {
  Handshakes counts;
  const std::string text = server.handshakes(channel);
  EXPECT_EQ(std::sscanf(text.c_str(), "resumed=%d full=%d", &counts.resumed, &counts.full), 2) << text;
  return counts;
}

const std::string kContent = patterned_bytes(5000);

void put(ftp::Session& session, const std::string& path, const std::string& bytes) {
  const auto stored = ftp::upload(session, at(path), bytes.size(), content_of(bytes).read_at, test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
}

void put_through(remote::RemoteFs& fs, const std::string& path, const std::string& bytes) {
  const auto stored = fs.store(at(path), content_of(bytes), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
}

void get(ftp::Session& session, const std::string& path) {
  auto transfer = session.transfer(ftp::Command::retr(at(path)), test_context());
  ASSERT_TRUE(transfer) << transfer.error().describe();
  std::vector<std::byte> buffer(2 * kContent.size());
  std::size_t got = 0;
  for (;;) {
    const auto count = (*transfer)->read(std::span(buffer).subspan(got), test_context());
    ASSERT_TRUE(count) << count.error().describe();
    if (*count == 0) break;
    got += *count;
  }
  ASSERT_EQ(got, kContent.size());
  const auto done = (*transfer)->finish_download(test_context());
  ASSERT_TRUE(done) << done.error().describe();
}

// One upload and `more` downloads.
void transfer_in_a_row(ftp::Session& session, const std::string& path, int more) {
  put(session, path, kContent);
  for (int i = 0; i < more && !::testing::Test::HasFatalFailure(); ++i) {
    SCOPED_TRACE("download " + std::to_string(i));
    get(session, path);
  }
}

class RealDataChannels : public ::testing::TestWithParam<RealKind> {
 protected:
  void SetUp() override {
    FTPSFS_NEEDS(mount_test::why_no_real_servers());
    if (!mount_test::is_wanted(GetParam().server)) GTEST_SKIP() << kNotWanted;
  }

  mount_test::RealServer& server() const { return shared_server(GetParam()); }

  // Pure-FTPd 1.0.50 sends no tickets under TLS 1.3, and ftp-srv makes new keys for each data channel: nothing resumes
  // there, and neither insists on it.
  bool resumes() const {
    if (GetParam().is("ftpsrv")) return false;
    return !GetParam().is("pureftpd") || GetParam().version == tls::Version::tls1_2;
  }

  // ProFTPD hands out no tickets under TLS 1.2, and its session ids end with the process of their connection.
  bool resumes_control() const {
    return resumes() && !(GetParam().is("proftpd") && GetParam().version == tls::Version::tls1_2);
  }

  void expect_all_resumed(const Handshakes& before, int channels) const {
    if (GetParam().is("ftpsrv")) return;  // its TLS is out of the counter's reach
    const Handshakes seen = counted(server()) - before;
    EXPECT_EQ(seen.resumed, resumes() ? channels : 0);
    EXPECT_EQ(seen.full, resumes() ? 0 : channels);
  }
};

TEST_P(RealDataChannels, FiveHundredInARowAreAllResumed) {
  FtpStack stack(login_to(GetParam()));
  auto session = stack.open_session();
  ASSERT_TRUE(session) << session.error().describe();
  const int channels = resumes() ? 500 : 50;
  const Handshakes before = counted(server());
  transfer_in_a_row(**session, "/row", channels - 1);
  expect_all_resumed(before, channels);
}

TEST_P(RealDataChannels, OfFourControlConnectionsAreAllResumed) {
  FtpStack stack(login_to(GetParam()));
  constexpr int kEach = 25;
  std::vector<std::unique_ptr<ftp::Session>> sessions;
  for (int i = 0; i < 4; ++i) {
    auto session = stack.open_session();
    ASSERT_TRUE(session) << session.error().describe();
    sessions.push_back(std::move(*session));
  }
  const Handshakes before = counted(server());
  {
    std::vector<std::jthread> users;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      users.emplace_back([&session = *sessions[i], i] {
        transfer_in_a_row(session, "/parallel" + std::to_string(i), kEach - 1);
      });
    }
  }
  expect_all_resumed(before, 4 * kEach);
}

TEST_P(RealDataChannels, StoppedEarlyLeaveTheSessionUsableAndResumable) {
  FtpStack stack(login_to(GetParam()));
  const std::string bytes = patterned_bytes(20'000'000);
  put_through(stack.remote, "/big", bytes);
  if (GetParam().is("ftpsrv")) stack.knowledge.stops_by_waiting = true;
  auto session = stack.open_session();
  ASSERT_TRUE(session);
  put(**session, "/small", kContent);
  const Handshakes before = counted(server());
  std::vector<std::byte> buffer(65536);
  constexpr int kRounds = 10;
  for (int i = 0; i < kRounds; ++i) {
    SCOPED_TRACE("round " + std::to_string(i));
    auto transfer = (*session)->transfer(ftp::Command::retr(at("/big")), test_context());
    ASSERT_TRUE(transfer) << transfer.error().describe();
    ASSERT_TRUE((*transfer)->read(buffer, test_context()));
    transfer->reset();
    const auto found = ftp::inspect_file(**session, at("/big"), test_context());
    ASSERT_TRUE(found) << found.error().describe();
    EXPECT_EQ(found->size, bytes.size());
    get(**session, "/small");
  }
  expect_all_resumed(before, 2 * kRounds);
}

TEST_P(RealDataChannels, StoppedEarlyByAReaderDoNotDisturbWhatComesNext) {
  FtpStack stack(login_to(GetParam()));
  const std::string bytes = patterned_bytes(20'000'000);
  put_through(stack.remote, "/big", bytes);
  std::vector<std::byte> buffer(65536);
  for (int i = 0; i < 5; ++i) {
    SCOPED_TRACE("round " + std::to_string(i));
    auto source = stack.remote.open_read(at("/big"), 1000, std::nullopt, test_context());
    ASSERT_TRUE(source) << source.error().describe();
    const auto count = (*source)->read(buffer, test_context());
    ASSERT_TRUE(count) << count.error().describe();
    EXPECT_EQ(std::memcmp(buffer.data(), bytes.data() + 1000, *count), 0);
    source->reset();
    const auto found = stack.remote.stat(at("/big"), test_context());
    ASSERT_TRUE(found) << found.error().describe();
    EXPECT_EQ(found->size, bytes.size());
  }
  EXPECT_EQ(stack.knowledge.stops_by_waiting, GetParam().is("ftpsrv")) << "learnt from the order of replies";
}

TEST_P(RealDataChannels, ResumeOnAControlConnectionThatWasItselfResumed) {
  FtpStack stack(login_to(GetParam()));
  {
    auto first = stack.open_session();
    ASSERT_TRUE(first) << first.error().describe();
    put(**first, "/again", kContent);
  }
  const Handshakes before = counted(server());
  const Handshakes control_before = counted(server(), "control");
  for (int i = 0; i < 3; ++i) {
    auto session = stack.open_session();
    ASSERT_TRUE(session) << session.error().describe();
    transfer_in_a_row(**session, "/again", 4);
  }
  expect_all_resumed(before, 3 * 5);
  if (resumes_control()) {
    EXPECT_EQ((counted(server(), "control") - control_before).resumed, 3);
  }
}

INSTANTIATE_TEST_SUITE_P(RealServers, RealDataChannels, ::testing::ValuesIn(kRealKinds),
                         [](const auto& test) { return test.param.name(); });

// Servers that keep sessions themselves instead of handing out tickets.
class RealSessionIds : public ::testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  void SetUp() override { FTPSFS_NEEDS(mount_test::why_no_real_servers()); }
};

TEST_P(RealSessionIds, AHundredInARowAreAllResumed) {
  const auto [kind, argument] = GetParam();
  std::vector<std::string> arguments{argument};
  if (arguments.front() == "--tickets") arguments.emplace_back("no");
  mount_test::RealServer server(kind, "1.2", arguments);
  FtpStack stack(login_to(server));
  auto session = stack.open_session();
  ASSERT_TRUE(session) << session.error().describe();
  transfer_in_a_row(**session, "/row", 99);
  EXPECT_EQ(counted(server).resumed, 100);
  EXPECT_EQ(counted(server).full, 0);
}

INSTANTIATE_TEST_SUITE_P(RealServers, RealSessionIds,
                         ::testing::Values(std::pair{"vsftpd", "--tickets"},
                                           std::pair{"pureftpd", "--tickets"},
                                           std::pair{"pyftpdlib", "--tickets"},
                                           std::pair{"proftpd", "--session-cache"}),
                         [](const auto& test) { return std::string(test.param.first); });

}  // namespace
}  // namespace ftpsfs::testing
