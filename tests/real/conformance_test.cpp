#include "conformance/remote_fs_conformance.h"

#include <cstring>

#include "real/shared_server.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::testing {
namespace {

// A stack below a fresh folder of the server.
class OnRealServer final : public RemoteFsFixture {
 public:
  explicit OnRealServer(const RealKind& kind) : kind_(kind), stack_(login_to(kind)) {
    static int made = 0;
    folder_ = at("/conformance" + std::to_string(++made));
    const auto created = stack_.remote.make_directory(folder_, test_context());
    EXPECT_TRUE(created) << created.error().describe();
  }

  remote::RemoteFs& fs() override { return stack_.remote; }
  model::RemotePath folder() override { return folder_; }

  // Pure-FTPd refuses backslashes and control characters.
  bool takes_any_name() const override { return std::strcmp(kind_.server, "pureftpd") != 0; }

 private:
  RealKind kind_;
  FtpStack stack_;
  model::RemotePath folder_;
};

std::vector<ConformanceCase> real_servers() {
  std::vector<ConformanceCase> cases;
  for (const RealKind& kind : kRealKinds) {
    if (mount_test::why_no_real_servers() && !mount_test::everything_required()) {
      cases.push_back({kind.name(), nullptr});
    } else {
      cases.push_back({kind.name(), [kind] { return std::make_unique<OnRealServer>(kind); }});
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(RealServers, RemoteFsConformance, ::testing::ValuesIn(real_servers()), name_of_case);

}  // namespace
}  // namespace ftpsfs::testing
