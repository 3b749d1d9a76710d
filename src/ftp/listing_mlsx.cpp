#include <algorithm>

#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/ftp/timestamp.h"
#include "link_target.h"
#include "text.h"

namespace ftpsfs::ftp {

using model::FileType;

namespace {

constexpr std::size_t kLongestUniqueId = 255;  // bytes
constexpr std::string_view kLinkWithTarget = "OS.unix=slink:";

void learn_type(MlsxLine& line, std::string_view value) {
  auto& attributes = line.attributes;
  line.has_type = true;
  line.current_or_parent = equal_nocase(value, "cdir") || equal_nocase(value, "pdir");
  if (line.current_or_parent || equal_nocase(value, "dir")) {
    attributes.type = FileType::directory;
  } else if (equal_nocase(value, "file")) {
    attributes.type = FileType::file;
  } else if (starts_nocase(value, kLinkWithTarget)) {
    attributes.type = FileType::symlink;
    attributes.link_target = usable_link_target(value.substr(kLinkWithTarget.size()));
  } else if (equal_nocase(value, "OS.unix=slink") || equal_nocase(value, "OS.unix=symlink")) {
    attributes.type = FileType::symlink;
  } else {
    attributes.type = FileType::other;
  }
}

std::optional<std::uint32_t> parse_mode(std::string_view octal) {
  if (starts_nocase(octal, "0o")) octal.remove_prefix(2);
  const auto mode = parse_number<std::uint32_t>(octal, 8);
  return mode ? std::optional(*mode & 07777U) : std::nullopt;  // some add the file type
}

void learn_fact(MlsxLine& line, std::string_view name, std::string_view value) {
  auto& attributes = line.attributes;
  if (equal_nocase(name, "type")) {
    learn_type(line, value);
  } else if (equal_nocase(name, "size") || equal_nocase(name, "sizd")) {
    if (const auto size = parse_number<std::uint64_t>(value)) attributes.size = size;
  } else if (equal_nocase(name, "modify")) {
    if (const auto modified = parse_timestamp(value)) attributes.modified = modified;
  } else if (equal_nocase(name, "unix.mode")) {
    if (const auto mode = parse_mode(value)) attributes.mode = mode;
  } else if (equal_nocase(name, "unique") && value.size() <= kLongestUniqueId) {
    attributes.unique_id = value;
  }
}

bool is_link_with_target(std::string_view fact) {
  const auto equals = fact.find('=');
  return equals != std::string_view::npos && equal_nocase(fact.substr(0, equals), "type") &&
         starts_nocase(fact.substr(equals + 1), kLinkWithTarget);
}

// Where the fact at the beginning of `rest` ends: at its ';', or at the blank before the name where the last
// ';' is missing. A link's target may contain blanks itself.
std::size_t fact_length(std::string_view rest) {
  const auto semicolon = rest.find(';');
  if (semicolon != std::string_view::npos && is_link_with_target(rest.substr(0, semicolon))) return semicolon;
  return std::min(semicolon, rest.find(' '));
}

}  // namespace

std::optional<MlsxLine> parse_mlsx_line(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  MlsxLine line;
  bool any_fact = false;
  while (!text.empty() && text.front() != ' ') {
    const auto length = fact_length(text);
    if (length == std::string_view::npos) return std::nullopt;
    const auto fact = text.substr(0, length);
    if (!fact.empty()) {
      const auto equals = fact.find('=');
      if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
      learn_fact(line, fact.substr(0, equals), fact.substr(equals + 1));
      any_fact = true;
    }
    text.remove_prefix(length + (text[length] == ';' ? 1 : 0));
  }
  if (!any_fact || text.empty()) return std::nullopt;
  line.name = text.substr(1);
  return line;
}

}  // namespace ftpsfs::ftp
