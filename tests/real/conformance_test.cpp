#include "conformance/remote_fs_conformance.h"

#include "real/shared_server.h"

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

  // Pure-FTPd refuses backslashes and control characters; ftp-srv strips quotes and takes a backslash for a slash.
  bool takes_any_name() const override { return !kind_.is("pureftpd") && !kind_.is("ftpsrv"); }
  bool can_set_modified() const override { return !kind_.is("ftpsrv"); }
  bool tells_types_at_removal() const override { return !kind_.is("ftpsrv"); }

 private:
  RealKind kind_;
  FtpStack stack_;
  model::RemotePath folder_;
};

std::vector<ConformanceCase> real_servers() {
  std::vector<ConformanceCase> cases;
  for (const RealKind& kind : kRealKinds) {
    const bool impossible = mount_test::why_no_real_servers() && !mount_test::everything_required();
    if (impossible || !mount_test::is_wanted(kind.server)) {
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
