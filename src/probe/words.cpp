#include "words.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace ftpsfs::probe {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

// How many bytes the UTF-8 character at `i` has; 0 when there is none that may be shown.
std::size_t character_at(std::string_view text, std::size_t i) {
  const unsigned lead = byte_at(text, i);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 && lead < 0xf5   ? 4
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                                                           : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte_at(text, i + k) & 0xc0U) != 0x80) return 0;
  }
  const bool is_c1_control = lead == 0xc2 && byte_at(text, i + 1) < 0xa0;
  const bool is_overlong =
      (lead == 0xe0 && byte_at(text, i + 1) < 0xa0) || (lead == 0xf0 && byte_at(text, i + 1) < 0x90);
  return is_c1_control || is_overlong ? 0 : length;
}

}  // namespace

std::string shown(std::string_view text, std::size_t limit) {
  const std::string safe = base::printable(text, limit);
  std::string out;
  for (std::size_t i = 0; i < safe.size();) {
    const auto length = character_at(safe, i);
    if (length == 0) {
      out += fmt::format("\\x{:02x}", byte_at(safe, i));
      ++i;
    } else {
      out.append(safe, i, length);
      i += length;
    }
  }
  return out;
}

std::string quoted(const ftp::Reply& reply) {
  std::string text = fmt::format("{}", reply.code);
  for (std::string_view line : reply.lines) {
    if (line.starts_with(fmt::format("{}-", reply.code))) line.remove_prefix(4);  // a continuation line's
    text += fmt::format(" {}", line);
  }
  return fmt::format("'{}'", shown(text));
}

std::string because(const base::Error& error) {
  std::string text = shown(error.message, 1000);
  if (error.server_reply.empty()) return text;
  std::string reply = error.server_reply;
  std::ranges::replace(reply, '\n', ' ');
  return fmt::format("{} (the server said '{}')", text, shown(reply));
}

std::string outcome_of(const base::Result<ftp::Reply>& reply) {
  return reply ? quoted(*reply) : because(reply.error());
}

std::string date_of(base::SystemTime time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

}  // namespace ftpsfs::probe
