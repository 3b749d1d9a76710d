#include "escaped.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

namespace ftpsfs::writeback {

std::string escaped(std::string_view bytes, Keep keep) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte >= 0x20 && byte != 0x7f && c != '%' && (byte < 0x80 || keep == Keep::all_printable);
    if (plain) {
      text += c;
    } else {
      fmt::format_to(std::back_inserter(text), "%{:02X}", byte);
    }
  }
  return text;
}

base::Result<std::string> unescaped(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (text.front() != '%') {
      bytes += text.front();
      text.remove_prefix(1);
      continue;
    }
    unsigned value = 0;
    const auto digits = text.substr(1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
      return base::fail(base::Errc::invalid_argument, "a % without two hex digits behind it");
    }
    bytes += static_cast<char>(value);
    text.remove_prefix(3);
  }
  return bytes;
}

}  // namespace ftpsfs::writeback
