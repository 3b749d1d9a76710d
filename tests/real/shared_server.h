#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "support/ftp_stack.h"
#include "support/mounting/real_server.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::testing {

// A kind of real server, limited to one TLS version.
struct RealKind {
  const char* server;
  tls::Version version;

  std::string name() const {
    return std::string(server) + (version == tls::Version::tls1_2 ? "_tls12" : "_tls13");
  }
  bool is(std::string_view which) const { return which == server; }
};

inline void PrintTo(const RealKind& kind, std::ostream* out) { *out << kind.name(); }

inline constexpr std::array kRealKinds = {
    RealKind{"vsftpd", tls::Version::tls1_2},    RealKind{"vsftpd", tls::Version::tls1_3},
    RealKind{"proftpd", tls::Version::tls1_2},   RealKind{"proftpd", tls::Version::tls1_3},
    RealKind{"pureftpd", tls::Version::tls1_2},  RealKind{"pureftpd", tls::Version::tls1_3},
    RealKind{"pyftpdlib", tls::Version::tls1_2}, RealKind{"pyftpdlib", tls::Version::tls1_3},
    RealKind{"ftpsrv", tls::Version::tls1_2},    RealKind{"ftpsrv", tls::Version::tls1_3}};

inline constexpr const char* kNotWanted = "ftp-srv runs only with FTPSFS_FTP_SRV=1";

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

inline ftp::SessionSettings login_to(const mount_test::RealServer& server, tls::Policy policy = {}) {
  const auto endpoint = server.endpoint();
  policy.pins = {tls::parse_pin("sha256:" + endpoint.fingerprint).value()};
  auto settings = login_to(endpoint.port, policy);
  if (endpoint.host != "localhost") settings.host = endpoint.host;
  return settings;
}

inline ftp::SessionSettings login_to(const RealKind& kind) { return login_to(shared_server(kind)); }

}  // namespace ftpsfs::testing
