// The whole report of each real server, with what differs from run to run replaced: tests/probe/golden/real-*.txt.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "probe/probe_fixture.h"
#include "real/shared_server.h"

namespace ftpsfs::testing {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kAccount = 2001;  // tests/servers

class RealProbe : public ::testing::TestWithParam<RealKind> {
 protected:
  void SetUp() override {
    FTPSFS_NEEDS(mount_test::why_no_real_servers());
    if (!mount_test::is_wanted(GetParam().server)) GTEST_SKIP() << kNotWanted;
  }
};

void add_file(const fs::path& file, std::size_t size) {
  std::ofstream(file, std::ios::binary) << patterned_bytes(size);
  fs::permissions(file, fs::perms(0644));
  ASSERT_EQ(::chown(file.c_str(), kAccount, kAccount), 0);
}

TEST_P(RealProbe, Report) {
  const RealKind kind = GetParam();
  const auto& server = shared_server(kind);
  const fs::path folder = server.root() / "probe";
  fs::create_directories(folder);
  ASSERT_EQ(::chown(folder.c_str(), kAccount, kAccount), 0);
  add_file(folder / "a.txt", 6);
  add_file(folder / "b.bin", 300 << 10);
  probe::ProbeSettings settings;
  settings.source = "ftpes://ftpt@127.0.0.1/probe";
  settings.login = login_to(kind);
  settings.folder = at("/probe");
  settings.write = true;
  net::TcpDialer dialer;
  expect_golden("real-" + kind.name(),
                probe::run(settings, dialer, base::OpContext::with_timeout(std::chrono::seconds(100))));
}

INSTANTIATE_TEST_SUITE_P(Servers, RealProbe, ::testing::ValuesIn(kRealKinds),
                         [](const auto& kind) { return kind.param.name(); });

}  // namespace
}  // namespace ftpsfs::testing
