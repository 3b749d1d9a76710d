#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>

#include "support/ftp_stack.h"
#include "support/mounting/real_server.h"

namespace ftpsfs::testing {

// A kind of real server, limited to one TLS version.
struct RealKind {
  const char* server;
  tls::Version version;

  std::string name() const {
    return std::string(server) + (version == tls::Version::tls1_2 ? "_tls12" : "_tls13");
  }
};

inline constexpr std::array kRealKinds = {
    RealKind{"vsftpd", tls::Version::tls1_2},   RealKind{"vsftpd", tls::Version::tls1_3},
    RealKind{"proftpd", tls::Version::tls1_2},  RealKind{"proftpd", tls::Version::tls1_3},
    RealKind{"pureftpd", tls::Version::tls1_2}, RealKind{"pureftpd", tls::Version::tls1_3}};

// The server of a kind, started once per process.
inline mount_test::RealServer& shared_server(const RealKind& kind) {
  static std::map<std::string, std::unique_ptr<mount_test::RealServer>> running;
  auto& server = running[kind.name()];
  if (!server) {
    server = std::make_unique<mount_test::RealServer>(kind.server,
                                                      kind.version == tls::Version::tls1_2 ? "1.2" : "1.3");
  }
  return *server;
}

inline ftp::SessionSettings login_to(const RealKind& kind) {
  const auto endpoint = shared_server(kind).endpoint();
  tls::Policy policy;
  policy.pins = {tls::parse_pin("sha256:" + endpoint.fingerprint).value()};
  return login_to(endpoint.port, policy);
}

}  // namespace ftpsfs::testing
