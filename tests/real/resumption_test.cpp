// What real servers themselves count of our data channels.

#include <gmock/gmock.h>

#include <cstdio>
#include <cstring>
#include <ostream>

#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/inspect.h"
#include "ftpsfs/ftp/upload.h"
#include "real/shared_server.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::testing {


struct Handshakes {
  int resumed = 0;
  int full = 0;
};

class RealDataChannels : public ::testing::TestWithParam<RealKind> {
 protected:
  void SetUp() override { FTPSFS_NEEDS(mount_test::why_no_real_servers()); }

  Handshakes counted() const {
    Handshakes counts;
    const std::string text = shared_server(GetParam()).handshakes();
    EXPECT_EQ(std::sscanf(text.c_str(), "resumed=%d full=%d", &counts.resumed, &counts.full), 2) << text;
    return counts;
  }

  // Pure-FTPd 1.0.50 sends no tickets under TLS 1.3 and so resumes nothing there; it does not insist either.
  bool resumes() const {
    return std::strcmp(GetParam().server, "pureftpd") != 0 || GetParam().version == tls::Version::tls1_2;
  }
};

TEST_P(RealDataChannels, HundredInARowAreAllResumed) {
  FtpStack stack(login_to(GetParam()));
  auto session = stack.open_session();
  ASSERT_TRUE(session) << session.error().describe();
  const std::string bytes = patterned_bytes(5000);
  const auto read_at = [&](std::uint64_t offset, std::span<std::byte> out) -> base::Status {
    std::memcpy(out.data(), bytes.data() + offset, out.size());
    return {};
  };
  const Handshakes before = counted();
  const auto stored = ftp::upload(**session, at("/hundred"), bytes.size(), read_at, test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  for (int i = 1; i < 100; ++i) {
    auto transfer = (*session)->transfer(ftp::Command::retr(at("/hundred")), test_context());
    ASSERT_TRUE(transfer) << "transfer " << i << ": " << transfer.error().describe();
    std::vector<std::byte> buffer(10'000);
    std::size_t got = 0;
    for (;;) {
      const auto count = (*transfer)->read(std::span(buffer).subspan(got), test_context());
      ASSERT_TRUE(count) << count.error().describe();
      if (*count == 0) break;
      got += *count;
    }
    ASSERT_EQ(got, bytes.size());
    ASSERT_TRUE((*transfer)->finish_download(test_context()));
  }
  const Handshakes after = counted();
  EXPECT_EQ(after.resumed - before.resumed, resumes() ? 100 : 0);
  EXPECT_EQ(after.full - before.full, resumes() ? 0 : 100);
}

TEST_P(RealDataChannels, StoppedEarlyLeaveTheSessionUsable) {
  FtpStack stack(login_to(GetParam()));
  const std::string bytes = patterned_bytes(20'000'000);
  ASSERT_TRUE(stack.remote.store(at("/big"), content_of(bytes), test_context()));
  auto session = stack.open_session();
  ASSERT_TRUE(session);
  std::vector<std::byte> buffer(65536);
  for (int i = 0; i < 10; ++i) {
    auto transfer = (*session)->transfer(ftp::Command::retr(at("/big")), test_context());
    ASSERT_TRUE(transfer) << "transfer " << i << ": " << transfer.error().describe();
    ASSERT_TRUE((*transfer)->read(buffer, test_context()));
    transfer->reset();
    const auto found = ftp::inspect_file(**session, at("/big"), test_context());
    ASSERT_TRUE(found) << "after " << i << ": " << found.error().describe();
    EXPECT_EQ(found->size, bytes.size());
  }
}

INSTANTIATE_TEST_SUITE_P(RealServers, RealDataChannels, ::testing::ValuesIn(kRealKinds),
                         [](const auto& test) { return test.param.name(); });

}  // namespace
}  // namespace ftpsfs::testing
