#include "listing_dialect.h"

#include <algorithm>

namespace ftpsfs::probe {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool looks_unix(std::string_view line) {
  constexpr std::string_view kTypes = "-dlbcpsD";
  constexpr std::string_view kBits = "-rwxsStTlL";
  return line.size() > 10 && kTypes.find(line[0]) != std::string_view::npos &&
         line.substr(1, 9).find_first_not_of(kBits) == std::string_view::npos;
}

bool looks_dos(std::string_view line) {
  return line.size() > 8 && is_digit(line[0]) && is_digit(line[1]) && line[2] == '-' && is_digit(line[3]) &&
         line[5] == '-';
}

bool looks_vms(std::string_view line) {
  const auto semicolon = line.find(';');
  return semicolon != std::string_view::npos && semicolon + 1 < line.size() && is_digit(line[semicolon + 1]);
}

std::string_view next_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string listing_dialect(std::string_view text) {
  const auto lines = sample_lines(text, 20);
  if (lines.empty()) return "empty";
  for (const std::string& line : lines) {
    if (looks_unix(line)) return "Unix (ls -l)";
    if (looks_dos(line)) return "DOS";
    if (line.starts_with('+') && line.find('\t') != std::string::npos) return "EPLF";
    if (looks_vms(line)) return "VMS";
  }
  return "unknown";
}

std::vector<std::string> sample_lines(std::string_view text, std::size_t most) {
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < most) {
    const auto line = next_line(text);
    const bool blank = line.find_first_not_of(" \t") == std::string_view::npos;
    if (!blank && !line.starts_with("total ")) lines.emplace_back(line);
  }
  return lines;
}

std::string fact_names(std::string_view line) {
  std::string names;
  while (!line.empty() && line.front() != ' ') {
    const auto equals = line.find('=');
    const auto end = line.find(';');
    if (equals == std::string_view::npos || end == std::string_view::npos || equals > end) break;
    names += (names.empty() ? "" : ", ") + std::string(line.substr(0, equals));
    line.remove_prefix(end + 1);
  }
  return names;
}

}  // namespace ftpsfs::probe
