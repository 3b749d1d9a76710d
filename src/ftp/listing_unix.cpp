#include <algorithm>

#include "ftpsfs/ftp/listing.h"
#include "link_target.h"
#include "listing_date.h"
#include "listing_words.h"
#include "text.h"

namespace ftpsfs::ftp {

using model::DirEntry;
using model::FileType;

namespace {

constexpr std::size_t kModeLength = 10;
constexpr std::string_view kArrow = " -> ";

std::optional<FileType> parse_type(char c) {
  switch (c) {
    case '-': return FileType::file;
    case 'd': return FileType::directory;
    case 'l': return FileType::symlink;
    case 'b':
    case 'c':
    case 'p':
    case 's':
    case 'D': return FileType::other;
    default: return std::nullopt;
  }
}

// "rwx" of one class; the third letter may also tell of the special bit that belongs to the class.
std::optional<std::uint32_t> parse_class(std::string_view letters, std::uint32_t special_bit) {
  std::uint32_t bits = 0;
  if (letters[0] == 'r') bits |= 4U;
  if (letters[1] == 'w') bits |= 2U;
  if ((letters[0] != 'r' && letters[0] != '-') || (letters[1] != 'w' && letters[1] != '-'))
    return std::nullopt;
  switch (letters[2]) {
    case '-': return bits;
    case 'x': return bits | 1U;
    case 's':
    case 't': return bits | 1U | special_bit;
    case 'S':
    case 'T':
    case 'l': return bits | special_bit;
    default: return std::nullopt;
  }
}

std::optional<std::uint32_t> parse_permissions(std::string_view letters) {
  constexpr std::uint32_t kClassBits = 07;
  const auto user = parse_class(letters.substr(0, 3), 04000);
  const auto group = parse_class(letters.substr(3, 3), 02000);
  const auto others = parse_class(letters.substr(6, 3), 01000);
  if (!user || !group || !others) return std::nullopt;
  const std::uint32_t special = (*user | *group | *others) & ~kClassBits;
  return special | (*user & kClassBits) << 6U | (*group & kClassBits) << 3U | (*others & kClassBits);
}

bool is_device_number(std::string_view word) {
  const auto comma = word.find(',');
  return comma != std::string_view::npos && parse_number<std::uint32_t>(word.substr(0, comma)) &&
         parse_number<std::uint32_t>(word.substr(comma + 1));
}

void split_link(DirEntry& entry) {
  const std::string_view whole = entry.name;
  const auto first = whole.find(kArrow);
  if (first == std::string_view::npos) return;
  auto split = first;
  if (const auto size = entry.attributes.size; size && *size > 0 && *size + kArrow.size() < whole.size()) {
    const auto by_size = whole.size() - static_cast<std::size_t>(*size) - kArrow.size();
    if (whole.substr(by_size, kArrow.size()) == kArrow) split = by_size;
  }
  entry.attributes.link_target = usable_link_target(whole.substr(split + kArrow.size()));
  entry.name.resize(split);
}

// "33.5k", as `ls -h` prints: a size, but nobody knows which.
bool is_rounded_size(std::string_view word) {
  if (word.size() < 2 || std::string_view("kKmMgGtT").find(word.back()) == std::string_view::npos)
    return false;
  word.remove_suffix(1);
  return is_digit(word.front()) && word.find_first_not_of("0123456789.,") == std::string_view::npos;
}

struct SizeAndDate {
  std::optional<std::uint64_t> size;
  ListingDate date;
  std::size_t name_begin = 0;
};

// Owner and group may be missing, numeric or of several words, so the first number that a date follows is the size.
using ParseDate = std::optional<ListingDate> (*)(std::span<const std::string_view>, base::SystemTime);
std::optional<SizeAndDate> find_size_and_date(const ListingWords& words, ParseDate parse_date,
                                              base::SystemTime now) {
  for (std::size_t i = 0; i < words.count; ++i) {
    const auto word = words.text[i];
    const auto size = parse_number<std::uint64_t>(word);
    if (!size && !is_device_number(word) && !is_rounded_size(word)) continue;
    const auto date = parse_date(words.from(i + 1), now);
    if (date) return SizeAndDate{size, *date, words.end[i + date->words] + 1};
  }
  return std::nullopt;
}

struct Kind {
  FileType type = FileType::file;
  std::optional<std::uint32_t> mode;
  std::size_t end = 0;  // position behind it
};

std::optional<Kind> parse_mode(std::string_view line) {
  if (line.size() <= kModeLength) return std::nullopt;
  const auto type = parse_type(line.front());
  const auto mode = parse_permissions(line.substr(1, kModeLength - 1));
  if (!type || !mode) return std::nullopt;
  const bool has_acl_mark = line[kModeLength] == '+' || line[kModeLength] == '.' || line[kModeLength] == '@';
  return Kind{*type, mode, kModeLength + (has_acl_mark ? 1U : 0U)};
}

// NetWare: "d [RWCEAFMS]", the rights of whoever asks.
std::optional<Kind> parse_netware_rights(std::string_view line) {
  constexpr std::size_t kLength = 12;
  if (line.size() <= kLength || !line.substr(1).starts_with(" [") || line[kLength - 1] != ']')
    return std::nullopt;
  const auto rights = line.substr(3, 8);
  if (rights.find_first_not_of("RWCEAFMS-") != std::string_view::npos) return std::nullopt;
  const auto type = parse_type(line.front());
  return type ? std::optional(Kind{*type, std::nullopt, kLength}) : std::nullopt;
}

}  // namespace

std::optional<DirEntry> parse_unix_line(std::string_view line, base::SystemTime now) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  auto kind = parse_mode(line);
  const bool netware = !kind.has_value();
  if (netware) kind = parse_netware_rights(line);
  if (!kind || kind->end >= line.size() || line[kind->end] != ' ') return std::nullopt;

  const auto words = split_words(line, kind->end);
  auto found = find_size_and_date(words, parse_listing_date, now);
  if (!found) found = find_size_and_date(words, parse_numeric_listing_date, now);
  if (!found || found->name_begin >= line.size()) return std::nullopt;
  auto name = line.substr(found->name_begin);
  if (netware) name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));

  DirEntry entry;
  entry.name = name;
  entry.attributes.type = kind->type;
  entry.attributes.mode = kind->mode;
  entry.attributes.modified = found->date.modified;
  entry.attributes.precision = found->date.precision;
  if (kind->type != FileType::other) entry.attributes.size = found->size;
  if (kind->type == FileType::symlink) split_link(entry);
  return entry;
}

}  // namespace ftpsfs::ftp
