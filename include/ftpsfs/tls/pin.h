#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"

namespace ftpsfs::tls {

// A SHA-256.
using Fingerprint = std::array<std::byte, 32>;

// "sha256:HEX", the hex digits in either case, with or without colons between bytes. invalid_argument otherwise.
base::Result<Fingerprint> parse_fingerprint(std::string_view text);

// "sha256:" and 64 lower-case hex digits.
std::string to_string(const Fingerprint& fingerprint);

// What a server's certificate must be, whoever issued it.
struct Pin {
  enum class Of {
    certificate,  // SHA-256 of its DER bytes: this very certificate
    public_key  // SHA-256 of its SubjectPublicKeyInfo (RFC 7469 section 2.4): survives a renewal with the same key
  };
  Of of = Of::certificate;
  Fingerprint value{};

  bool operator==(const Pin&) const = default;
};

// "sha256:HEX" (certificate), "key:sha256:HEX" or curl's "sha256//BASE64" (public key). invalid_argument otherwise.
base::Result<Pin> parse_pin(std::string_view text);

// As the option tls_pin takes it: "sha256:HEX" or "key:sha256:HEX".
std::string to_string(const Pin& pin);

}  // namespace ftpsfs::tls
