// An upload that real servers see broken off in the middle.

#include <chrono>
#include <filesystem>
#include <thread>

#include "real/shared_server.h"
#include "support/cutting_dialer.h"

namespace ftpsfs::testing {
namespace {

constexpr std::size_t kSize = 6'000'000;
constexpr std::uint64_t kCutAt = 4'000'000;  // bytes of the TLS stream

class RealResumedUpload : public ::testing::TestWithParam<RealKind> {
 protected:
  void SetUp() override {
    FTPSFS_NEEDS(mount_test::why_no_real_servers());
    if (!mount_test::is_wanted(GetParam().server)) GTEST_SKIP() << kNotWanted;
  }
};

std::uint64_t bytes_in_uploads(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(".ftpsfs-upload-")) bytes += entry.file_size();
  }
  return bytes;
}

// A reset makes the server's machine forget what its program has not read yet.
bool wait_for_uploads(const std::filesystem::path& folder, std::uint64_t bytes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (bytes_in_uploads(folder) < bytes) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

TEST_P(RealResumedUpload, ArrivesWholeAndIsNotSentTwice) {
  for (const auto end : {CuttingDialer::End::reset, CuttingDialer::End::close}) {
    const auto path = at(end == CuttingDialer::End::reset ? "/reset" : "/closed");
    const auto settings = login_to(GetParam());
    CuttingDialer dialer;
    ftp::ServerKnowledge knowledge;
    pool::SessionPool pool(
        [&](const base::OpContext& ctx) { return ftp::Session::open(settings, dialer, knowledge, ctx); }, {},
        base::steady_clock());
    remote::FtpRemote remote(pool, {});
    const std::string bytes = patterned_bytes(kSize);
    std::uint64_t sent = 0;
    auto counted = content_of(bytes);
    counted.read_at = [&, read = counted.read_at](auto offset, auto out, const auto& ctx) {
      if (!dialer.has_cut() && offset > kCutAt - 500'000) {
        EXPECT_TRUE(wait_for_uploads(shared_server(GetParam()).root(), kCutAt / 2));
      }
      const auto count = read(offset, out, ctx);
      if (count) sent += *count;
      return count;
    };
    dialer.cut(kCutAt, end, 1);
    const auto stored = remote.store(path, counted, {.creates = true}, test_context());
    ASSERT_TRUE(stored) << stored.error().describe();
    EXPECT_TRUE(dialer.has_cut());
    EXPECT_TRUE(read_all(remote, path) == bytes);
    // ftp-srv removes what was broken off.
    const bool goes_on = !GetParam().is("ftpsrv");
    EXPECT_TRUE(!goes_on || sent < kSize + kCutAt) << "the second try has begun at byte 0: " << sent;
    EXPECT_FALSE(knowledge.lacks_appe);
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, RealResumedUpload, ::testing::ValuesIn(kRealKinds),
                         [](const auto& kind) { return kind.param.name(); });

}  // namespace
}  // namespace ftpsfs::testing
