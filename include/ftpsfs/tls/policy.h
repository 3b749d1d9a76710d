#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"

namespace ftpsfs::tls {

// The SHA-256 of a certificate's DER bytes.
using Fingerprint = std::array<std::byte, 32>;

// "sha256:HEX", the hex digits in either case, with or without colons between bytes. invalid_argument otherwise.
base::Result<Fingerprint> parse_fingerprint(std::string_view text);

// "sha256:" and 64 lower-case hex digits, as the option tls_pin takes it.
std::string to_string(const Fingerprint& fingerprint);

enum class Version { tls1_2, tls1_3 };

// What the user demands of a server's TLS.
struct Policy {
  bool verify = true;              // chain and host name; ignored when a pin is given
  std::optional<Fingerprint> pin;  // this very certificate, and that is enough
  std::string ca_file;             // PEM; empty = the system's trust store
  Version min_version = Version::tls1_2;
  Version max_version = Version::tls1_3;
};

}  // namespace ftpsfs::tls
