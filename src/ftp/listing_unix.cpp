#include <algorithm>
#include <array>

#include "ftpsfs/ftp/listing.h"
#include "link_target.h"
#include "listing_date.h"
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

// The words of the line up to a bounded number. The name is cut out by position later: it keeps its blanks.
struct Words {
  static constexpr std::size_t kMost = 20;
  std::array<std::string_view, kMost> text;
  std::array<std::size_t, kMost> end{};
  std::size_t count = 0;
};

Words split_words(std::string_view line, std::size_t position) {
  Words words;
  while (words.count < Words::kMost) {
    const auto begin = line.find_first_not_of(' ', position);
    if (begin == std::string_view::npos) break;
    position = std::min(line.find(' ', begin), line.size());
    words.text[words.count] = line.substr(begin, position - begin);
    words.end[words.count++] = position;
  }
  return words;
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

}  // namespace

std::optional<DirEntry> parse_unix_line(std::string_view line, base::SystemTime now) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  if (line.size() <= kModeLength) return std::nullopt;
  const auto type = parse_type(line.front());
  const auto mode = parse_permissions(line.substr(1, kModeLength - 1));
  if (!type || !mode) return std::nullopt;
  const bool has_acl_mark = line[kModeLength] == '+' || line[kModeLength] == '.' || line[kModeLength] == '@';
  const std::size_t after_mode = kModeLength + (has_acl_mark ? 1 : 0);
  if (after_mode >= line.size() || line[after_mode] != ' ') return std::nullopt;

  // Owner and group may be missing, numeric or of several words, so the first number that a date follows is
  // the size.
  const Words words = split_words(line, after_mode);
  const std::span all(words.text.data(), words.count);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto size = parse_number<std::uint64_t>(all[i]);
    if (!size && !is_device_number(all[i])) continue;
    const auto date = parse_listing_date(all.subspan(i + 1), now);
    if (!date) continue;
    const auto name_begin = words.end[i + date->words] + 1;
    if (name_begin >= line.size()) return std::nullopt;

    DirEntry entry;
    entry.name = line.substr(name_begin);
    entry.attributes.type = *type;
    entry.attributes.mode = mode;
    entry.attributes.modified = date->modified;
    entry.attributes.precision = date->precision;
    if (*type != FileType::other) entry.attributes.size = size;
    if (*type == FileType::symlink) split_link(entry);
    return entry;
  }
  return std::nullopt;
}

}  // namespace ftpsfs::ftp
