#include "ftpsfs/tls/policy.h"

#include <fmt/format.h>

#include <iterator>

namespace ftpsfs::tls {

using base::Errc;
using base::fail;
using base::Result;

namespace {

constexpr std::string_view kPrefix = "sha256:";

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

Result<Fingerprint> parse_fingerprint(std::string_view text) {
  const auto malformed = [&] {
    return fail(Errc::invalid_argument,
                fmt::format("'{}' is not a certificate fingerprint: write sha256: and 64 hex digits",
                            base::printable(text, 100)));
  };
  if (!text.starts_with(kPrefix)) return malformed();
  Fingerprint fingerprint{};
  std::size_t digits = 0;
  for (const char c : text.substr(kPrefix.size())) {
    if (c == ':') continue;
    const auto digit = hex_digit(c);
    if (!digit || digits == 2 * fingerprint.size()) return malformed();
    auto& byte = fingerprint.at(digits / 2);
    byte = (byte << 4) | static_cast<std::byte>(*digit);
    ++digits;
  }
  if (digits != 2 * fingerprint.size()) return malformed();
  return fingerprint;
}

std::string to_string(const Fingerprint& fingerprint) {
  std::string text(kPrefix);
  for (const std::byte byte : fingerprint) {
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

}  // namespace ftpsfs::tls
