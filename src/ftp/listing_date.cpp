#include "listing_date.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "calendar.h"
#include "text.h"

namespace ftpsfs::ftp {

using base::SystemTime;
using model::TimePrecision;

namespace {

struct TimeOfDay {
  std::chrono::seconds since_midnight{};
  bool has_seconds = false;
};

std::optional<unsigned> parse_month(std::string_view word) {
  constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};
  const auto* const found = std::find_if(
      kMonths.begin(), kMonths.end(), [word](std::string_view month) { return equal_nocase(word, month); });
  if (found == kMonths.end()) return std::nullopt;
  return static_cast<unsigned>(found - kMonths.begin()) + 1;
}

std::optional<unsigned> parse_day(std::string_view word) {
  const auto day = word.size() <= 2 ? parse_number<unsigned>(word) : std::nullopt;
  return day && *day >= 1 && *day <= 31 ? day : std::nullopt;
}

std::optional<unsigned> parse_year(std::string_view word) {
  return word.size() == 4 ? parse_number<unsigned>(word) : std::nullopt;
}

// "HH:MM" or "HH:MM:SS"; "24:00" occurs.
std::optional<TimeOfDay> parse_time(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == std::string_view::npos || colon > 2) return std::nullopt;
  const auto hour = parse_number<unsigned>(word.substr(0, colon));
  auto rest = word.substr(colon + 1);
  TimeOfDay time;
  if (rest.size() == 5 && rest[2] == ':') {
    const auto second = parse_number<unsigned>(rest.substr(3));
    if (!second || *second > 60) return std::nullopt;
    time.has_seconds = true;
    time.since_midnight = std::chrono::seconds(std::min(*second, 59U));
    rest = rest.substr(0, 2);
  }
  const auto minute = rest.size() == 2 ? parse_number<unsigned>(rest) : std::nullopt;
  if (!hour || !minute || *hour > 24 || *minute > 59 || (*hour == 24 && *minute != 0)) return std::nullopt;
  time.since_midnight += std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  return time;
}

// Servers leave the year away for files of the last six months or so. One day of leniency, because a server's
// clock and time zone may be ahead of ours; 29 February goes back to the last leap year.
std::optional<SystemTime> latest_such_day(unsigned month, unsigned day, SystemTime now) {
  constexpr unsigned kLongestGapBetweenLeapYears = 8;
  const auto today = std::chrono::floor<std::chrono::days>(now);
  const auto tomorrow = today + std::chrono::days(1);
  const auto next_year =
      static_cast<unsigned>(static_cast<int>(std::chrono::year_month_day(today).year())) + 1;
  for (unsigned back = 0; back <= kLongestGapBetweenLeapYears + 1; ++back) {
    const auto candidate = valid_day(next_year - back, month, day);
    if (candidate && *candidate <= tomorrow) return candidate;
  }
  return std::nullopt;
}

// What follows day and month: a time of day or a year.
std::optional<ListingDate> finish_date(unsigned month, unsigned day, std::string_view word, SystemTime now) {
  if (const auto year = parse_year(word)) {
    return ListingDate{.modified = valid_day(*year, month, day), .precision = TimePrecision::day, .words = 3};
  }
  const auto time = parse_time(word);
  if (!time || time->has_seconds) return std::nullopt;
  auto modified = latest_such_day(month, day, now);
  if (modified) *modified += time->since_midnight;
  return ListingDate{.modified = modified, .precision = TimePrecision::minute, .words = 3};
}

std::optional<ListingDate> parse_iso(std::string_view date, std::string_view clock) {
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') return std::nullopt;
  const auto year = parse_number<unsigned>(date.substr(0, 4));
  const auto month = parse_number<unsigned>(date.substr(5, 2));
  const auto day = parse_number<unsigned>(date.substr(8, 2));
  const auto time = parse_time(clock);
  if (!year || !month || !day || !time) return std::nullopt;
  auto modified = valid_day(*year, *month, *day);
  if (modified) *modified += time->since_midnight;
  return ListingDate{.modified = modified,
                     .precision = time->has_seconds ? TimePrecision::second : TimePrecision::minute,
                     .words = 2};
}

bool is_unknown(std::string_view word) {
  return !word.empty() && word.find_first_not_of('?') == std::string_view::npos;
}

}  // namespace

std::optional<ListingDate> parse_listing_date(std::span<const std::string_view> words, SystemTime now) {
  if (words.size() < 2) return std::nullopt;
  if (const auto date = parse_iso(words[0], words[1])) return date;
  if (words.size() < 3) return std::nullopt;
  if (const auto month = parse_month(words[0])) {
    const auto day = parse_day(words[1]);
    return day ? finish_date(*month, *day, words[2], now) : std::nullopt;
  }
  if (const auto month = parse_month(words[1])) {
    const auto day = parse_day(words[0]);
    return day ? finish_date(*month, *day, words[2], now) : std::nullopt;
  }
  if (is_unknown(words[0]) && is_unknown(words[1]) && is_unknown(words[2])) {
    ListingDate unknown;
    unknown.words = 3;
    return unknown;
  }
  return std::nullopt;
}

}  // namespace ftpsfs::ftp
