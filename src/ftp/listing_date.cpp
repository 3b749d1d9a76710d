#include "listing_date.h"

#include <algorithm>
#include <array>

#include "calendar.h"
#include "ftpsfs/ftp/time_zone.h"
#include "listing_month.h"
#include "text.h"

namespace ftpsfs::ftp {

using base::SystemTime;
using model::TimePrecision;

namespace {

using Words = std::span<const std::string_view>;

struct MonthAndDay {
  unsigned month = 0;
  unsigned day = 0;
  bool day_has_comma = false;  // VShell: "Oct 08, 2002 09:47"
};

std::optional<unsigned> parse_day(std::string_view word) {
  if (word.ends_with(',') || word.ends_with('.')) word.remove_suffix(1);
  const auto day = word.size() <= 2 ? parse_number<unsigned>(word) : parse_number_with_sign(word);
  return day && *day >= 1 && *day <= 31 ? day : std::nullopt;
}

std::optional<unsigned> parse_month(std::string_view word) {
  if (const auto named = parse_month_name(word)) return named;
  const auto number = parse_number_with_sign(word);
  return number && *number >= 1 && *number <= 12 ? number : std::nullopt;
}

std::optional<unsigned> parse_year(std::string_view word) {
  const auto year = word.size() == 4 ? parse_number<unsigned>(word) : parse_number_with_sign(word);
  return year && *year >= 1000 ? year : std::nullopt;
}

// "sss" of "HH:MM:SS.sss"; more digits than milliseconds are cut off.
std::optional<std::chrono::milliseconds> parse_fraction(std::string_view digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::string thousandths(digits.substr(0, 3));
  thousandths.resize(3, '0');
  return std::chrono::milliseconds(parse_number<unsigned>(thousandths).value_or(0));
}

// "+0200"
std::optional<std::chrono::minutes> parse_zone(std::string_view word) {
  const bool exact = word.size() == 5 && word.find(':') == std::string_view::npos;
  return exact ? parse_utc_offset(word) : std::nullopt;
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

ListingDate at(std::optional<SystemTime> day, const TimeOfDay& time, std::size_t words) {
  if (day) *day += time.since_midnight;
  return {.modified = day, .precision = TimePrecision::minute, .words = words};
}

// What follows month and day, which were the first `used` words: a time of day, a year, or both.
std::optional<ListingDate> finish_date(const MonthAndDay& date, Words words, std::size_t used,
                                       SystemTime now) {
  if (words.size() <= used) return std::nullopt;
  const std::string_view next = words[used];
  const std::string_view after_next = words.size() > used + 1 ? words[used + 1] : std::string_view();
  if (const auto year = parse_year(next)) {
    const auto day = valid_day(*year, date.month, date.day);
    const auto time = date.day_has_comma ? parse_time_of_day(after_next) : std::nullopt;
    if (time) return at(day, *time, used + 2);
    return ListingDate{.modified = day, .precision = TimePrecision::day, .words = used + 1};
  }
  const auto time = parse_time_of_day(next);
  if (!time) return std::nullopt;
  if (!time->has_seconds) return at(latest_such_day(date.month, date.day, now), *time, used + 1);
  const auto year = parse_year(after_next);  // BSD's ls -T: "May  3 17:04:09 2024"
  return year ? std::optional(at(valid_day(*year, date.month, date.day), *time, used + 2)) : std::nullopt;
}

// "YYYY-MM-DD HH:MM[:SS[.fraction]] [zone]". Only with a zone the time is certain to the second.
std::optional<ListingDate> parse_iso(Words words) {
  const auto date = words[0];
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') return std::nullopt;
  const auto year = parse_number<unsigned>(date.substr(0, 4));
  const auto month = parse_number<unsigned>(date.substr(5, 2));
  const auto day = parse_number<unsigned>(date.substr(8, 2));
  const auto time = parse_time_of_day(words[1]);
  if (!year || !month || !day || !time) return std::nullopt;
  auto parsed = at(valid_day(*year, *month, *day), *time, 2);
  const auto zone = time->has_seconds && words.size() > 2 ? parse_zone(words[2]) : std::nullopt;
  if (!zone) return parsed;
  if (parsed.modified) *parsed.modified -= *zone;
  parsed.precision = TimePrecision::second;
  parsed.words = 3;
  return parsed;
}

// "dd.mm.yyyy [HH:MM]"
std::optional<ListingDate> parse_dotted(Words words) {
  const auto date = words[0];
  if (date.size() != 10 || date[2] != '.' || date[5] != '.') return std::nullopt;
  const auto day = parse_number<unsigned>(date.substr(0, 2));
  const auto month = parse_number<unsigned>(date.substr(3, 2));
  const auto year = parse_number<unsigned>(date.substr(6, 4));
  if (!year || !month || !day) return std::nullopt;
  const auto midnight = valid_day(*year, *month, *day);
  if (const auto time = parse_time_of_day(words[1])) return at(midnight, *time, 2);
  return ListingDate{.modified = midnight, .precision = TimePrecision::day, .words = 1};
}

std::optional<MonthAndDay> parse_month_and_day(std::string_view first, std::string_view second) {
  if (const auto month = parse_month(first)) {
    const auto day = parse_day(second);
    if (day) return MonthAndDay{*month, *day, second.ends_with(',')};
  }
  if (const auto month = parse_month_name(second)) {
    const auto day = parse_day(first);
    if (day) return MonthAndDay{*month, *day};
  }
  return std::nullopt;
}

// Month first, unless it cannot be one.
std::optional<MonthAndDay> order_numbers(std::optional<unsigned> first, std::optional<unsigned> second) {
  if (!first || !second || *first < 1 || *second < 1) return std::nullopt;
  if (*first > 12) std::swap(first, second);
  if (*first > 12 || *second > 31) return std::nullopt;
  return MonthAndDay{*first, *second};
}

bool is_unknown(std::string_view word) {
  return !word.empty() && word.find_first_not_of('?') == std::string_view::npos;
}

}  // namespace

std::optional<TimeOfDay> parse_time_of_day(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == std::string_view::npos || colon > 2) return std::nullopt;
  const auto hour = parse_number<unsigned>(word.substr(0, colon));
  auto rest = word.substr(colon + 1);
  TimeOfDay time;
  if (rest.size() > 6 && rest[5] == '.') {
    const auto fraction = parse_fraction(rest.substr(6));
    if (!fraction) return std::nullopt;
    time.since_midnight = *fraction;
    rest = rest.substr(0, 5);
  }
  if (rest.size() == 5 && rest[2] == ':') {
    const auto second = parse_number<unsigned>(rest.substr(3));
    if (!second || *second > 60) return std::nullopt;
    time.has_seconds = true;
    time.since_midnight += std::chrono::seconds(std::min(*second, 59U));
    rest = rest.substr(0, 2);
  }
  const auto minute = rest.size() == 2 ? parse_number<unsigned>(rest) : std::nullopt;
  if (!hour || !minute || *hour > 24 || *minute > 59) return std::nullopt;
  time.since_midnight += std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  return time.since_midnight <= std::chrono::hours(24) ? std::optional(time) : std::nullopt;
}

std::optional<ListingDate> parse_listing_date(Words words, SystemTime now) {
  if (words.size() < 2) return std::nullopt;
  if (const auto date = parse_iso(words)) return date;
  if (const auto date = parse_dotted(words)) return date;
  if (const auto date = parse_month_and_day(words[0], words[1])) return finish_date(*date, words, 2, now);
  if (words.size() > 2 && parse_number_with_sign(words[0]) && parse_year(words[0])) {  // "2010年 4月 3日"
    const auto date = parse_month_and_day(words[1], words[2]);
    if (!date) return std::nullopt;
    const auto day = valid_day(*parse_year(words[0]), date->month, date->day);
    return ListingDate{.modified = day, .precision = TimePrecision::day, .words = 3};
  }
  if (words.size() > 2 && is_unknown(words[0]) && is_unknown(words[1]) && is_unknown(words[2])) {
    return ListingDate{.modified = std::nullopt, .precision = TimePrecision::minute, .words = 3};
  }
  return std::nullopt;
}

std::optional<ListingDate> parse_numeric_listing_date(Words words, SystemTime now) {
  if (words.empty()) return std::nullopt;
  const auto first = words[0];
  if (first.size() == 5 && first[2] == '-') {
    const auto date =
        order_numbers(parse_number<unsigned>(first.substr(0, 2)), parse_number<unsigned>(first.substr(3)));
    return date ? finish_date(*date, words, 1, now) : std::nullopt;
  }
  if (words.size() < 2 || first.size() > 2 || words[1].size() > 2) return std::nullopt;
  const auto date = order_numbers(parse_number<unsigned>(first), parse_number<unsigned>(words[1]));
  return date ? finish_date(*date, words, 2, now) : std::nullopt;
}

}  // namespace ftpsfs::ftp
