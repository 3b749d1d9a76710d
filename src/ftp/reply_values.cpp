// What single replies carry.

#include <algorithm>
#include <array>

#include "ftpsfs/ftp/reply.h"
#include "text.h"

namespace ftpsfs::ftp {
namespace {

// "|||port|" at the beginning of the text.
std::optional<std::uint16_t> extended_port(std::string_view text) {
  if (text.size() < 5) return std::nullopt;
  const char delimiter = text.front();
  if (delimiter < 33 || delimiter > 126 || is_digit(delimiter)) return std::nullopt;
  if (text[1] != delimiter || text[2] != delimiter) return std::nullopt;
  const auto end = text.find(delimiter, 3);
  if (end == std::string_view::npos || end > 8) return std::nullopt;
  const auto port = parse_number<std::uint16_t>(text.substr(3, end - 3));
  return port && *port > 0 ? port : std::nullopt;
}

// "h1,h2,h3,h4,p1,p2" and nothing else.
std::optional<PassiveAddress> passive_address(std::string_view numbers) {
  std::array<std::uint8_t, 6> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool last = i + 1 == bytes.size();
    const auto comma = numbers.find(',');
    if (last != (comma == std::string_view::npos)) return std::nullopt;
    const auto digits = trim(numbers.substr(0, comma));
    const auto byte = parse_number<std::uint8_t>(digits);
    if (!byte || digits.size() > 3) return std::nullopt;
    bytes[i] = *byte;
    if (!last) numbers.remove_prefix(comma + 1);
  }
  const auto port = static_cast<std::uint16_t>(bytes[4] * 256 + bytes[5]);
  if (port == 0) return std::nullopt;
  return PassiveAddress{.host = {bytes[0], bytes[1], bytes[2], bytes[3]}, .port = port};
}

// RFC 959 doubles a quote inside the path. Gives nothing where the text between the quotes was not written so.
std::optional<std::string> undouble_quotes(std::string_view quoted) {
  std::string path;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] == '"') {
      if (i + 1 == quoted.size() || quoted[i + 1] != '"') return std::nullopt;
      ++i;
    }
    path += quoted[i];
  }
  return path;
}

}  // namespace

std::optional<std::uint16_t> parse_epsv_port(const Reply& reply) {
  if (reply.code != 229 || reply.lines.empty()) return std::nullopt;
  const std::string_view text = reply.lines.back();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const auto port = extended_port(text.substr(i))) return port;
  }
  return std::nullopt;
}

std::optional<PassiveAddress> parse_pasv(const Reply& reply) {
  constexpr std::string_view kNumberList = "0123456789, ";
  if (reply.code != 227 || reply.lines.empty()) return std::nullopt;
  const std::string_view text = reply.lines.back();
  for (auto comma = text.find(','); comma != std::string_view::npos;) {
    const auto before = comma == 0 ? std::string_view::npos : text.find_last_not_of(kNumberList, comma - 1);
    const auto begin = before == std::string_view::npos ? 0 : before + 1;
    const auto end = std::min(text.find_first_not_of(kNumberList, comma), text.size());
    const auto run = trim(text.substr(begin, end - begin));
    // "Entering Passive Mode, 4 you: …" has a comma in its words.
    if (std::ranges::count(run, ',') > 2) return passive_address(run);
    comma = text.find(',', end);
  }
  return std::nullopt;
}

std::optional<std::string> parse_quoted_path(const Reply& reply) {
  if (reply.code != 257) return std::nullopt;
  for (const std::string_view line : reply.lines) {
    const auto first = line.find('"');
    if (first == std::string_view::npos) continue;
    const auto last = line.rfind('"');
    if (last <= first + 1) return std::nullopt;
    const auto quoted = line.substr(first + 1, last - first - 1);
    auto path = undouble_quotes(quoted);
    return path ? path : std::optional<std::string>(quoted);  // Pure-FTPd does not double
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_size(const Reply& reply) {
  if (reply.code != 213 || reply.lines.size() != 1) return std::nullopt;
  return parse_number<std::uint64_t>(trim(reply.lines.front()));
}

}  // namespace ftpsfs::ftp
