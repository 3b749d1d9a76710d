// What limiters in the settings of data channels do to transfers.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "ftpsfs/base/rate_limiter.h"
#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/upload.h"
#include "support/fake_clock.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using base::RateLimiter;
using ftp::Command;

constexpr std::uint64_t kGenerous = 1ULL << 30;
constexpr std::uint64_t kSlow = 20'000;

base::OpContext impatient() { return base::OpContext::with_timeout(std::chrono::milliseconds(200)); }

// What is left of a budget whose clock stands still.
std::size_t left_in(RateLimiter& limiter) {
  std::size_t left = 0;
  while (const auto taken = limiter.take(1, base::OpContext::with_timeout({}))) left += *taken;
  return left;
}

void exhaust(RateLimiter& limiter) { ASSERT_TRUE(limiter.take(limiter.most_at_once(), impatient())); }

class RateLimit : public ::testing::Test {
 protected:
  void SetUp() override {
    auto session = served_.stack.open_session();
    ASSERT_TRUE(session) << session.error().describe();
    session_ = std::move(*session);
  }

  void TearDown() override { served_.server.faults().clear(); }

  ftp::DataChannelSettings& data() { return served_.stack.settings.data; }

  std::shared_ptr<RateLimiter> standing_still(std::uint64_t rate) const {
    return std::make_shared<RateLimiter>(rate, clock_);
  }

  std::unique_ptr<ftp::Transfer> begin(const Command& command) {
    auto transfer = session_->transfer(command.duplicate(), test_context());
    EXPECT_TRUE(transfer) << transfer.error().describe();
    return transfer ? std::move(*transfer) : nullptr;
  }

  FakeClock clock_;
  ServedStack served_{permissive()};
  std::unique_ptr<ftp::Session> session_;
};

TEST_F(RateLimit, BlocksADownloadUntilItsDeadline) {
  served_.folder.write("file", "content");
  data().download_limit = standing_still(kSlow);
  exhaust(*data().download_limit);
  const auto transfer = begin(Command::retr(at("/file")));
  ASSERT_TRUE(transfer);
  std::array<std::byte, 100> buffer{};
  const auto count = transfer->read(buffer, impatient());
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, Errc::timed_out);
  data().download_limit->give_back(1'000);
  EXPECT_EQ(transfer->read(buffer, test_context()), 7U) << "and nothing is lost by that";
}

TEST_F(RateLimit, BlocksAListingUntilItsDeadline) {
  served_.stack.settings.data_timeout = std::chrono::milliseconds(200);
  data().download_limit = standing_still(kSlow);
  exhaust(*data().download_limit);
  const auto entries = ftp::read_directory(*session_, at("/"), test_context());
  ASSERT_FALSE(entries);
  EXPECT_EQ(entries.error().code, Errc::timed_out);
}

TEST_F(RateLimit, BlocksAnUploadUntilItsDeadline) {
  data().upload_limit = standing_still(kSlow);
  exhaust(*data().upload_limit);
  const auto transfer = begin(Command::stor(at("/file")));
  ASSERT_TRUE(transfer);
  const std::array<std::byte, 100> content{};
  const auto sent = transfer->write(content, impatient());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::timed_out);
}

TEST_F(RateLimit, OfOneDirectionIsNoneOfTheOther) {
  served_.folder.write("file", "content");
  data().download_limit = standing_still(kSlow);
  data().upload_limit = standing_still(kSlow);
  exhaust(*data().upload_limit);
  EXPECT_EQ(read_all(served_.fs(), at("/file")).value_or("failed"), "content");
}

TEST_F(RateLimit, IsSharedByAllSessions) {
  served_.folder.write("file", "content");
  data().download_limit = standing_still(kSlow);
  const auto other = served_.stack.open_session().value();
  std::array<std::byte, 100> buffer{};
  for (auto* session : {session_.get(), other.get()}) {
    const auto transfer = session->transfer(Command::retr(at("/file")), test_context()).value();
    ASSERT_EQ(transfer->read(buffer, test_context()), 7U);
  }
  EXPECT_EQ(left_in(*data().download_limit), data().download_limit->most_at_once() - 14);
}

TEST_F(RateLimit, CountsNoMoreThanADownloadHasBrought) {
  served_.folder.write("file", "content");
  data().download_limit = standing_still(kSlow);
  const auto transfer = begin(Command::retr(at("/file")));
  ASSERT_TRUE(transfer);
  std::array<std::byte, 1'000> buffer{};
  ASSERT_EQ(transfer->read(buffer, test_context()), 7U);
  ASSERT_EQ(transfer->read(buffer, test_context()), 0U);
  ASSERT_TRUE(transfer->finish_download(test_context()));
  EXPECT_EQ(left_in(*data().download_limit), data().download_limit->most_at_once() - 7);
}

TEST_F(RateLimit, KeepsNothingWhileADownloadWaitsForTheServer) {
  served_.folder.write("file", patterned_bytes(1'000));
  served_.server.faults().on_command("RETR", 1, Fault::stall_after(0));
  data().download_limit = standing_still(kSlow);
  const auto transfer = begin(Command::retr(at("/file")));
  ASSERT_TRUE(transfer);
  std::array<std::byte, 1'000> buffer{};
  EXPECT_FALSE(transfer->read(buffer, impatient()));
  EXPECT_EQ(left_in(*data().download_limit), data().download_limit->most_at_once());
}

TEST_F(RateLimit, CountsNoMoreThanTheSocketHasTakenOfAnUpload) {
  served_.server.faults().on_command("STOR", 1, Fault::stall_after(0));
  data().upload_limit = standing_still(kGenerous);
  const auto transfer = begin(Command::stor(at("/file")));
  ASSERT_TRUE(transfer);
  const std::vector<std::byte> content(100'000'000);
  const auto sent = transfer->write(content, impatient());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::timed_out);
  const auto left = data().upload_limit->take(content.size(), impatient());
  ASSERT_TRUE(left);
  EXPECT_GT(*left, content.size() / 2);
}

// A slow upload would otherwise be taken for a silent one.
TEST_F(RateLimit, MakesUploadsOfPiecesThatPassAtOnce) {
  const std::string bytes = patterned_bytes(100'000);
  data().upload_limit = std::make_shared<RateLimiter>(200'000);
  std::size_t longest = 0;
  const auto read_at = [&](std::uint64_t offset, std::span<std::byte> out, const base::OpContext&) {
    longest = std::max(longest, out.size());
    const auto part = std::as_bytes(std::span(bytes)).subspan(static_cast<std::size_t>(offset), out.size());
    std::ranges::copy(part, out.begin());
    return base::Result<std::size_t>(out.size());
  };
  const auto stored = ftp::upload(*session_, at("/file"), bytes.size(), read_at, test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(longest, data().upload_limit->most_at_once());
  EXPECT_TRUE(served_.folder.read("file") == bytes);
}

// A server that has gone must be noticed although the socket always has room.
TEST_F(RateLimit, DoesNotHideAServerThatBreaksOffAnUpload) {
  Fault full = Fault::reset_after(20'000);
  full.replace_reply = "452 Error writing file: No space left on device";
  full.execute_anyway = true;
  served_.server.faults().on_command("STOR", 1, full);
  data().upload_limit = std::make_shared<RateLimiter>(200'000);
  const std::string bytes = patterned_bytes(20'000'000);
  const auto stored =
      ftp::upload(*session_, at("/file"), bytes.size(), content_of(bytes).read_at, test_context());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::no_space) << stored.error().describe();
}

class GenerousRateLimit : public ::testing::TestWithParam<Personality (*)()> {};

TEST_P(GenerousRateLimit, ChangesNoByte) {
  ServedStack served(GetParam()());
  served.stack.settings.data.download_limit = std::make_shared<RateLimiter>(kGenerous);
  served.stack.settings.data.upload_limit = std::make_shared<RateLimiter>(kGenerous);
  const std::string bytes = patterned_bytes(5'000'001);
  const auto session = served.stack.open_session().value();
  const auto stored =
      ftp::upload(*session, at("/up"), bytes.size(), content_of(bytes).read_at, test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_TRUE(served.folder.read("up") == bytes);
  EXPECT_TRUE(read_all(served.fs(), at("/up")).value_or("failed") == bytes);
}

INSTANTIATE_TEST_SUITE_P(Servers, GenerousRateLimit,
                         ::testing::Values(&permissive, &strict_vsftpd, &strict_filezilla, &proftpd));

}  // namespace
}  // namespace ftpsfs::testing
