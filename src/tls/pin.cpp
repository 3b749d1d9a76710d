#include "ftpsfs/tls/pin.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>

namespace ftpsfs::tls {

using base::Errc;
using base::fail;
using base::Result;

namespace {

constexpr std::string_view kDigest = "sha256:";
constexpr std::string_view kKey = "key:";
constexpr std::string_view kCurl = "sha256//";

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<Fingerprint> from_hex(std::string_view text) {
  Fingerprint fingerprint{};
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == ':') continue;
    const auto digit = hex_digit(c);
    if (!digit || digits == 2 * fingerprint.size()) return std::nullopt;
    auto& byte = fingerprint.at(digits / 2);
    byte = (byte << 4) | static_cast<std::byte>(*digit);
    ++digits;
  }
  return digits == 2 * fingerprint.size() ? std::optional(fingerprint) : std::nullopt;
}

std::optional<Fingerprint> from_base64(std::string_view text) {
  // 32 bytes are 43 characters and one for padding, which decodes to one more byte.
  constexpr std::size_t kLength = 44;
  std::array<unsigned char, 33> bytes{};
  const bool framed = text.size() == kLength && text.back() == '=' && text.find('=') == kLength - 1;
  if (!framed || text.find_first_of(" \t\r\n") != std::string_view::npos) return std::nullopt;
  const int decoded =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), kLength);
  if (decoded != static_cast<int>(bytes.size())) return std::nullopt;
  Fingerprint fingerprint{};
  std::ranges::copy(std::as_bytes(std::span(bytes)).first<32>(), fingerprint.begin());
  return fingerprint;
}

std::optional<Fingerprint> from_text(std::string_view text) {
  if (!text.starts_with(kDigest)) return std::nullopt;
  return from_hex(text.substr(kDigest.size()));
}

std::optional<Pin> pin_from_text(std::string_view text) {
  Pin::Of of = Pin::Of::public_key;
  std::optional<Fingerprint> value;
  if (text.starts_with(kCurl)) {
    value = from_base64(text.substr(kCurl.size()));
  } else if (text.starts_with(kKey)) {
    value = from_text(text.substr(kKey.size()));
  } else {
    of = Pin::Of::certificate;
    value = from_text(text);
  }
  return value ? std::optional(Pin{of, *value}) : std::nullopt;
}

}  // namespace

Result<Fingerprint> parse_fingerprint(std::string_view text) {
  if (const auto fingerprint = from_text(text)) return *fingerprint;
  return fail(
      Errc::invalid_argument,
      fmt::format("'{}' is not a fingerprint: write sha256: and 64 hex digits", base::printable(text, 100)));
}

std::string to_string(const Fingerprint& fingerprint) {
  std::string text(kDigest);
  for (const std::byte byte : fingerprint) {
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

Result<Pin> parse_pin(std::string_view text) {
  if (const auto pin = pin_from_text(text)) return *pin;
  return fail(
      Errc::invalid_argument,
      fmt::format("'{}' pins nothing: write sha256: and 64 hex digits for a certificate, key:sha256: and 64 "
                  "hex digits or sha256// and 44 of base64 for a public key",
                  base::printable(text, 100)));
}

std::string to_string(const Pin& pin) {
  return (pin.of == Pin::Of::public_key ? std::string(kKey) : std::string()) + to_string(pin.value);
}

}  // namespace ftpsfs::tls
