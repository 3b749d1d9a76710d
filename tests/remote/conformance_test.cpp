#include "conformance/remote_fs_conformance.h"

#include <string_view>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

// What no client can do there.
struct Lacks {
  bool modes = false;
  bool times = false;
  bool some_names = false;
  bool types_at_removal = false;
};

Lacks lacking(std::string_view name) {
  if (name == "pureftpd") return {.some_names = true};
  if (name == "filezilla" || name == "rebex" || name == "idea" || name == "aws") return {.modes = true};
  if (name == "filezilla09" || name == "iis" || name == "iis_unix")
    return {.modes = true, .some_names = true};
  if (name == "ftpsrv") return {.times = true, .some_names = true, .types_at_removal = true};
  if (name == "vms" || name == "listonly") return {.modes = true, .times = true, .some_names = name == "vms"};
  return {};
}

class OwnServer final : public RemoteFsFixture {
 public:
  OwnServer(Personality personality, tls::Version version, const pool::PoolOptions& options = {})
      : lacks_(lacking(personality.name)), served_(std::move(personality), version, options) {}
  void take_only_one_connection() { served_.server.faults().limit_connections(1); }
  remote::RemoteFs& fs() override { return served_.fs(); }
  bool can_set_mode() const override { return !lacks_.modes; }
  bool can_set_modified() const override { return !lacks_.times; }
  bool takes_any_name() const override { return !lacks_.some_names; }
  bool tells_types_at_removal() const override { return !lacks_.types_at_removal; }

 private:
  Lacks lacks_;
  ServedStack served_;
};

std::vector<ConformanceCase> own_servers() {
  std::vector<ConformanceCase> cases;
  for (const auto& personality : all_personalities()) {
    for (const auto version : {tls::Version::tls1_2, tls::Version::tls1_3}) {
      const std::string suffix = version == tls::Version::tls1_2 ? "_tls12" : "_tls13";
      cases.push_back({std::string(personality.name) + suffix, [make = personality.make, version] {
                         return std::make_unique<OwnServer>(make(), version);
                       }});
    }
  }
  return cases;
}

// One connection is enough for everything.
std::vector<ConformanceCase> with_one_connection() {
  return {{"that_the_mount_limits",
           [] {
             return std::make_unique<OwnServer>(permissive(), tls::Version::tls1_3,
                                                pool::PoolOptions{.max_sessions = 1});
           }},
          {"that_the_server_limits", [] {
             auto fixture = std::make_unique<OwnServer>(permissive(), tls::Version::tls1_3);
             fixture->take_only_one_connection();
             return fixture;
           }}};
}

INSTANTIATE_TEST_SUITE_P(OneConnection, RemoteFsConformance, ::testing::ValuesIn(with_one_connection()),
                         name_of_case);

INSTANTIATE_TEST_SUITE_P(OwnServers, RemoteFsConformance, ::testing::ValuesIn(own_servers()), name_of_case);

}  // namespace
}  // namespace ftpsfs::testing
