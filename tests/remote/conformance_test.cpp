#include "conformance/remote_fs_conformance.h"

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

class OwnServer final : public RemoteFsFixture {
 public:
  OwnServer(Personality personality, tls::Version version) : served_(std::move(personality), version) {}
  remote::RemoteFs& fs() override { return served_.fs(); }
  bool can_set_mode() const override { return !lacks_modes_; }
  bool takes_any_name() const override { return !changes_names_; }
  void lacks_modes() { lacks_modes_ = true; }
  void changes_names() { changes_names_ = true; }

 private:
  ServedStack served_;
  bool lacks_modes_ = false;
  bool changes_names_ = false;
};

ConformanceCase own_server(Personality (*make)(), tls::Version version) {
  const std::string suffix = version == tls::Version::tls1_2 ? "_tls12" : "_tls13";
  return {make().name + suffix, [make, version] {
            auto fixture = std::make_unique<OwnServer>(make(), version);
            if (make().name == "filezilla") fixture->lacks_modes();
            if (make().name == "pureftpd") fixture->changes_names();
            return fixture;
          }};
}

std::vector<ConformanceCase> own_servers() {
  std::vector<ConformanceCase> cases;
  for (const auto& make : {&permissive, &strict_vsftpd, &strict_filezilla, &proftpd, &pureftpd}) {
    for (const auto version : {tls::Version::tls1_2, tls::Version::tls1_3})
      cases.push_back(own_server(make, version));
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(OwnServers, RemoteFsConformance, ::testing::ValuesIn(own_servers()), name_of_case);

}  // namespace
}  // namespace ftpsfs::testing
