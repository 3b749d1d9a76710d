#include "ftpsfs/ftp/timestamp.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "calendar.h"
#include "text.h"

namespace ftpsfs::ftp {
namespace {

constexpr std::size_t kWholeSeconds = 14;  // YYYYMMDDHHMMSS

std::optional<std::chrono::nanoseconds> parse_fraction(std::string_view digits) {
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  std::int64_t nanoseconds = 0;
  for (std::size_t i = 0; i < 9; ++i)
    nanoseconds = nanoseconds * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return std::chrono::nanoseconds(nanoseconds);
}

}  // namespace

std::optional<base::SystemTime> parse_timestamp(std::string_view text) {
  const auto whole = text.substr(0, kWholeSeconds);
  if (whole.size() < kWholeSeconds || !std::all_of(whole.begin(), whole.end(), is_digit)) return std::nullopt;
  const auto field = [whole](std::size_t at, std::size_t size) {
    return parse_number<unsigned>(whole.substr(at, size)).value_or(0);
  };
  std::chrono::nanoseconds fraction{};
  if (text.size() > kWholeSeconds) {
    if (text[kWholeSeconds] != '.') return std::nullopt;
    const auto parsed = parse_fraction(text.substr(kWholeSeconds + 1));
    if (!parsed) return std::nullopt;
    fraction = *parsed;
  }
  const unsigned hour = field(8, 2);
  const unsigned minute = field(10, 2);
  const unsigned second = field(12, 2);
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto midnight = valid_day(field(0, 4), field(4, 2), field(6, 2));
  if (!midnight) return std::nullopt;
  return *midnight + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(std::min(second, 59U)) + fraction;
}

std::string format_timestamp(base::SystemTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  // By way of seconds, since the first representable day begins before the first representable nanosecond.
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time) - std::chrono::sys_seconds(day);
  const std::chrono::hh_mm_ss clock(seconds);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace ftpsfs::ftp
