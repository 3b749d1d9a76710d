#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "calendar.h"
#include "link_target.h"
#include "listing_date.h"
#include "listing_dialects.h"
#include "text.h"

namespace ftpsfs::ftp {

using model::DirEntry;
using model::FileType;

namespace {

using Order = DosLine::Order;

struct Date {
  std::optional<base::SystemTime> day;
  Order order = Order::unknown;
};

std::optional<unsigned> parse_year(std::string_view digits) {
  const auto year = parse_number<unsigned>(digits);
  if (!year || (digits.size() != 2 && digits.size() != 4)) return std::nullopt;
  if (digits.size() == 4) return year;
  return *year < 50 ? *year + 2000 : *year + 1900;
}

std::optional<std::array<std::string_view, 3>> split_date(std::string_view word, char separator) {
  const auto first = word.find(separator);
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = word.find(separator, first + 1);
  if (second == std::string_view::npos || word.find(separator, second + 1) != std::string_view::npos)
    return std::nullopt;
  return std::array{word.substr(0, first), word.substr(first + 1, second - first - 1),
                    word.substr(second + 1)};
}

std::optional<Date> parse_date(std::string_view word) {
  char separator = '-';
  for (const char candidate : {'-', '/', '.'}) {
    if (word.find(candidate) != std::string_view::npos) separator = candidate;
  }
  auto parts = split_date(word, separator);
  if (!parts) return std::nullopt;
  auto& [month_text, day_text, year_text] = *parts;
  const bool year_first = month_text.size() == 4;
  if (year_first) std::rotate(parts->begin(), parts->begin() + 1, parts->end());
  if (month_text.size() > 2 || day_text.size() > 2) return std::nullopt;
  auto month = parse_number<unsigned>(month_text);
  auto day = parse_number<unsigned>(day_text);
  const auto year = parse_year(year_text);
  if (!month || !day || !year) return std::nullopt;

  Order order = *day > 12 ? Order::month_first : Order::unknown;
  if (year_first) order = Order::month_first;
  if (separator == '.' && !year_first) {
    // Never written with the month first, so it proves nothing for other lines.
    std::swap(month, day);
    order = Order::unknown;
  } else if (*month > 12) {
    std::swap(month, day);
    order = Order::day_first;
  }
  const auto midnight = valid_day(*year, *month, *day);
  return midnight ? std::optional(Date{midnight, order}) : std::nullopt;
}

// Cuts the line up from the left.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : rest_(line) { skip_blanks(); }

  std::string_view word() {
    const auto word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    return word;
  }
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
  void skip(std::size_t count) { rest_.remove_prefix(std::min(count, rest_.size())); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

enum class Half { none, before_noon, after_noon };

Half parse_half(std::string_view text) {
  if (equal_nocase(text, "am") || equal_nocase(text, "a")) return Half::before_noon;
  if (equal_nocase(text, "pm") || equal_nocase(text, "p")) return Half::after_noon;
  return Half::none;
}

// "05:04PM", "5:04 pm", "17:04", "17:04:09"
std::optional<std::chrono::milliseconds> scan_time(Scanner& scanner) {
  auto word = scanner.word();
  const auto letters = std::min(word.find_first_not_of("0123456789:"), word.size());
  auto half = parse_half(word.substr(letters));
  if (letters < word.size() && half == Half::none) return std::nullopt;
  const auto time = parse_time_of_day(word.substr(0, letters));
  if (!time) return std::nullopt;
  scanner.skip_blanks();
  if (half == Half::none) {
    Scanner ahead = scanner;
    half = parse_half(ahead.word());
    if (half != Half::none) scanner = ahead;
  }
  constexpr std::chrono::hours kNoon(12);
  auto since_midnight = time->since_midnight;
  if (half != Half::none && since_midnight >= kNoon + std::chrono::hours(1)) return std::nullopt;
  if (half != Half::none && since_midnight >= kNoon) since_midnight -= kNoon;
  return half == Half::after_noon ? since_midnight + kNoon : since_midnight;
}

// "1234", "9,730", "9.730"
std::optional<std::uint64_t> parse_size(std::string_view word) {
  const auto first = word.find_first_of(",.");
  if (first == std::string_view::npos) return parse_number<std::uint64_t>(word);
  const char separator = word[first];
  if (first == 0 || first > 3 || (word.size() - first) % 4 != 0) return std::nullopt;
  std::string digits(word.substr(0, first));
  for (std::size_t i = first; i < word.size(); i += 4) {
    if (word[i] != separator) return std::nullopt;
    digits += word.substr(i + 1, 3);
  }
  return parse_number<std::uint64_t>(digits);
}

// "name [target]"
void split_link(DirEntry& entry) {
  if (!entry.name.ends_with(']')) return;
  const auto open = entry.name.find(" [");
  if (open == std::string::npos) return;
  entry.attributes.link_target =
      usable_link_target(std::string_view(entry.name).substr(open + 2, entry.name.size() - open - 3));
  entry.name.resize(open);
}

std::optional<FileType> parse_tag(std::string_view word) {
  if (equal_nocase(word, "<DIR>")) return FileType::directory;
  if (equal_nocase(word, "<JUNCTION>") || equal_nocase(word, "<SYMLINKD>") || equal_nocase(word, "<SYMLINK>"))
    return FileType::symlink;
  return std::nullopt;
}

// Behind a tag the name begins 15 columns after the tag's begin; where other servers leave fewer blanks, at the first
// character that is none.
void skip_to_name_behind_tag(Scanner& scanner, std::size_t tag_length) {
  constexpr std::size_t kColumn = 15;
  const auto blanks = std::min(scanner.rest().find_first_not_of(' '), scanner.rest().size());
  scanner.skip(std::min(blanks, kColumn - tag_length));
}

}  // namespace

std::optional<DosLine> parse_dos_line(std::string_view line) {
  Scanner scanner(line);
  const auto date = parse_date(scanner.word());
  if (!date) return std::nullopt;
  scanner.skip_blanks();
  const auto time = scan_time(scanner);
  if (!time) return std::nullopt;
  scanner.skip_blanks();
  const auto tag_or_size = scanner.word();

  DosLine parsed;
  parsed.order = date->order;
  auto& attributes = parsed.entry.attributes;
  if (const auto type = parse_tag(tag_or_size)) {
    attributes.type = *type;
    skip_to_name_behind_tag(scanner, tag_or_size.size());
  } else if (const auto size = parse_size(tag_or_size)) {
    attributes.size = size;
    scanner.skip(1);
  } else {
    return std::nullopt;
  }
  if (scanner.rest().empty()) return std::nullopt;
  parsed.entry.name = scanner.rest();
  attributes.modified = *date->day + *time;
  attributes.precision = model::TimePrecision::minute;
  if (attributes.type == FileType::symlink) split_link(parsed.entry);
  return parsed;
}

}  // namespace ftpsfs::ftp
