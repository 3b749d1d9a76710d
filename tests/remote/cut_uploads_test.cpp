// A small upload whose data channel breaks behind every single byte of its TLS stream.

#include "support/cutting_dialer.h"
#include "support/failing_steps.h"

namespace ftpsfs::testing {
namespace {

using End = CuttingDialer::End;

constexpr std::uint64_t kMostBytes = 20'000;
constexpr int kAllConnections = 1000;

class CutUpload : public ::testing::TestWithParam<End> {
 protected:
  CutUpload()
      : server_(options()),
        settings_(login_to(started(), trusting(server_))),
        pool_(
            [this](const base::OpContext& ctx) {
              return ftp::Session::open(settings_, dialer_, knowledge_, ctx);
            },
            {.ready_lifetime = std::chrono::milliseconds(0)},  // no stream is opened before it is to be cut
            base::steady_clock()),
        remote_(pool_, {}) {}

  base::Status store(const std::string& content) {
    auto stored = remote_.store(at("/file"), content_of(content), test_context());
    if (!stored) return base::fail(std::move(stored));
    return {};
  }

  TemporaryFolder folder_;
  Server server_;
  CuttingDialer dialer_;

 private:
  ServerOptions options() const {
    ServerOptions options;
    options.root = folder_.path();
    return options;
  }

  std::uint16_t started() {
    server_.start();
    return server_.port();
  }

  ftp::SessionSettings settings_;
  ftp::ServerKnowledge knowledge_;
  pool::SessionPool pool_;
  remote::FtpRemote remote_;
};

INSTANTIATE_TEST_SUITE_P(ByResetOrClose, CutUpload, ::testing::Values(End::reset, End::close),
                         [](const auto& test) { return test.param == End::reset ? "reset" : "close"; });

TEST_P(CutUpload, ArrivesWholeAfterOneCutBehindAnyByte) {
  for (std::uint64_t bytes = 0; bytes < kMostBytes; ++bytes) {
    const std::string content = patterned_bytes(200) + std::to_string(bytes);
    dialer_.cut(bytes, GetParam(), 1);
    const auto stored = store(content);
    ASSERT_TRUE(stored) << "cut behind " << bytes << " bytes: " << stored.error().describe();
    ASSERT_EQ(folder_.read("file"), content) << "cut behind " << bytes << " bytes";
    if (!dialer_.has_cut()) {
      EXPECT_GT(bytes, 400U) << "a stream of so few bytes proves little";
      return;
    }
  }
  FAIL() << "the upload does not end";
}

TEST_P(CutUpload, ThatIsCutAgainAndAgainIsReported) {
  for (std::uint64_t bytes = 0; bytes < kMostBytes; bytes += 29) {
    const std::string old = "old " + std::to_string(bytes);
    const std::string content = patterned_bytes(200) + std::to_string(bytes);
    folder_.write("file", old);
    dialer_.cut(bytes, GetParam(), kAllConnections);
    const auto stored = store(content);
    Worlds worlds({{"file", old}});
    worlds.called(puts("file", content), stored);
    server_.drop_all_control_connections();
    server_.counters().wait_until([](const auto& seen) { return seen.control_alive == 0; },
                                  std::chrono::seconds(20));
    SCOPED_TRACE("cut behind " + std::to_string(bytes) + " bytes");
    expect_nothing_half(world_on_disk(folder_.path()), worlds, {.name = {}, .fault = {}}, {});
    if (HasFailure()) return;
    if (!dialer_.has_cut()) {
      EXPECT_TRUE(stored) << stored.error().describe();
      return;
    }
  }
  FAIL() << "the upload does not end";
}

}  // namespace
}  // namespace ftpsfs::testing
