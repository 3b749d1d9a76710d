// The control connection breaks once, at every single step of a probe in turn: there is always a report, and never a
// scratch folder left behind.

#include <gmock/gmock.h>

#include <atomic>
#include <utility>

#include "probe/probe_fixture.h"

namespace ftpsfs::testing {
namespace {

using net::IoStep;
using ::testing::Not;
using ::testing::StartsWith;

// Breaks the stream instead of its n-th write.
class CutStream final : public net::ByteStream {
 public:
  CutStream(std::unique_ptr<net::ByteStream> lower, std::atomic<int>& writes_left)
      : lower_(std::move(lower)), writes_left_(writes_left) {}

  base::Result<IoStep> try_read(std::span<std::byte> out) override { return lower_->try_read(out); }
  base::Result<IoStep> try_write(std::span<const std::byte> data) override {
    if (writes_left_.fetch_sub(1) != 1) return lower_->try_write(data);
    lower_->reset();
    return base::fail(base::Errc::connection_lost, "cut");
  }
  base::Result<IoStep> try_finish_writing() override { return lower_->try_finish_writing(); }
  void reset() override { lower_->reset(); }
  int descriptor() const override { return lower_->descriptor(); }

 private:
  std::unique_ptr<net::ByteStream> lower_;
  std::atomic<int>& writes_left_;
};

class CuttingDialer final : public net::Dialer {
 public:
  explicit CuttingDialer(int writes) : writes_left_(writes) {}

  base::Result<net::Connection> dial(const std::string& host, std::uint16_t port,
                                     const base::OpContext& ctx) override {
    auto connection = tcp_.dial(host, port, ctx);
    if (!connection) return connection;
    connection->stream = std::make_unique<CutStream>(std::move(connection->stream), writes_left_);
    return connection;
  }

  base::Result<net::Connection> dial_beside(const net::SocketAddress& peer, const net::SocketAddress& local,
                                            std::uint16_t port, const base::OpContext& ctx) override {
    return tcp_.dial_beside(peer, local, port, ctx);
  }

  bool has_cut() const { return writes_left_ <= 0; }

 private:
  net::TcpDialer tcp_;
  std::atomic<int> writes_left_;
};

void expect_no_scratch_folder(const ProbedServer& probed) {
  for (const auto& entry : std::filesystem::directory_iterator(probed.folder.path())) {
    EXPECT_THAT(entry.path().filename().string(), Not(StartsWith(".ftpsfs-probe-")));
  }
}

// One run costs a third of a second.
void cut_at_every_step(const Personality& personality, int stride) {
  ProbedServer probed(personality);
  probed.settings.login = login_to(probed.server.port(), trusting(probed.server, tls::Version::tls1_3));
  probed.settings.write = true;
  probed.settings.early_handshake_wait = std::chrono::milliseconds(20);
  probed.settings.most_sessions = 2;
  constexpr int kMoreThanAProbeNeeds = 2000;
  for (int writes = 1; writes < kMoreThanAProbeNeeds; writes += stride) {
    SCOPED_TRACE("cut instead of write " + std::to_string(writes));
    CuttingDialer dialer(writes);
    const auto report =
        probe::run(probed.settings, dialer, base::OpContext::with_timeout(std::chrono::seconds(60)));
    EXPECT_FALSE(report.sections.empty());
    EXPECT_FALSE(to_text(report, {}).empty());
    expect_no_scratch_folder(probed);
    if (::testing::Test::HasFailure()) FAIL() << to_text(report, {});
    if (!dialer.has_cut()) {
      EXPECT_EQ(report.verdict(), probe::Verdict::works);
      return;
    }
  }
  FAIL() << "the probe never ends without a cut";
}

TEST(CutConnection, AtEveryStepOfAProbeOfAPermissiveServer) { cut_at_every_step(permissive(), 1); }

TEST(CutConnection, AtEveryThirdStepOfAProbeOfAStrictServer) { cut_at_every_step(strict_vsftpd(), 3); }

}  // namespace
}  // namespace ftpsfs::testing
