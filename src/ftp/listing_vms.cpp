#include <algorithm>
#include <array>

#include "calendar.h"
#include "listing_date.h"
#include "listing_dialects.h"
#include "listing_month.h"
#include "listing_words.h"
#include "text.h"

namespace ftpsfs::ftp {

using model::FileType;
using model::TimePrecision;

namespace {

constexpr std::uint32_t kHighestVersion = 32767;

struct Name {
  std::string text;  // with '^' undone and without version
  bool directory = false;
  std::uint32_t version = 0;
};

// ODS-5 writes "^_" for a blank, "^41" for a character by its code, and '^' before any other that needs it.
std::string without_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '^' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    ++i;
    const auto code = parse_number<unsigned>(text.substr(i, 2), 16);
    if (code && i + 1 < text.size()) {
      plain += static_cast<char>(*code);
      ++i;
    } else {
      plain += text[i] == '_' ? ' ' : text[i];
    }
  }
  return plain;
}

std::optional<Name> parse_name(std::string_view word) {
  const auto semicolon = word.rfind(';');
  if (semicolon == std::string_view::npos || semicolon == 0 || word[semicolon - 1] == '^')
    return std::nullopt;
  const auto version = parse_number<std::uint32_t>(word.substr(semicolon + 1));
  if (!version || *version > kHighestVersion) return std::nullopt;
  auto text = word.substr(0, semicolon);
  if (text.find('.') == std::string_view::npos) return std::nullopt;
  const bool directory = text.size() > 4 && equal_nocase(text.substr(text.size() - 4), ".DIR");
  if (directory) text.remove_suffix(4);
  // Every VMS name has a dot; with nothing behind it, "A." and "A" are the same file.
  const bool bare = !directory && text.size() > 1 && text.find('.') == text.size() - 1;
  if (bare) text.remove_suffix(1);
  return Name{without_escapes(text), directory, *version};
}

// "19-NOV-2001"
std::optional<base::SystemTime> parse_day(std::string_view word) {
  const auto first = word.find('-');
  const auto second = first == std::string_view::npos ? first : word.find('-', first + 1);
  if (second == std::string_view::npos || first > 2 || word.size() - second != 5) return std::nullopt;
  const auto day = parse_number<unsigned>(word.substr(0, first));
  const auto month = parse_month_name(word.substr(first + 1, second - first - 1));
  const auto year = parse_number<unsigned>(word.substr(second + 1));
  return day && month && year ? valid_day(*year, *month, *day) : std::nullopt;
}

bool says_no_privilege(std::string_view rest) {
  return rest.starts_with("%RMS-") || rest.find("no privilege") != std::string_view::npos ||
         rest.find("insufficient privilege") != std::string_view::npos;
}

}  // namespace

std::optional<VmsLine> parse_vms_line(std::string_view line) {
  const auto words = split_words(line);
  auto name = words.count > 1 ? parse_name(words.text[0]) : std::nullopt;
  if (!name) return std::nullopt;

  VmsLine parsed;
  parsed.version = name->version;
  parsed.entry.name = std::move(name->text);
  auto& attributes = parsed.entry.attributes;
  attributes.type = name->directory ? FileType::directory : FileType::file;
  for (std::size_t i = 1; i < words.count; ++i) {
    const auto day = parse_day(words.text[i]);
    if (!day) continue;
    const auto time = i + 1 < words.count ? parse_time_of_day(words.text[i + 1]) : std::nullopt;
    attributes.modified = time ? *day + time->since_midnight : *day;
    attributes.precision = time ? TimePrecision::minute : TimePrecision::day;
    return parsed;
  }
  // The file is there, but its header may not be read.
  return says_no_privilege(trim(line.substr(words.end[0]))) ? std::optional(std::move(parsed)) : std::nullopt;
}

bool is_wrapped_vms_name(std::string_view line) {
  const auto words = split_words(line);
  return words.count == 1 && parse_name(words.text[0]).has_value();
}

bool is_vms_frame(std::string_view line) {
  line = trim(line);
  if (starts_nocase(line, "Directory ")) return line.ends_with(']') || line.ends_with('>');
  return starts_nocase(line, "Total of ") || starts_nocase(line, "Grand total of ") ||
         starts_nocase(line, "%DIRECT-W-NOFILES");
}

}  // namespace ftpsfs::ftp
