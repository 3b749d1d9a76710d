#pragma once

#include <chrono>
#include <optional>

#include "ftpsfs/base/clock.h"

namespace ftpsfs::ftp {

// Midnight UTC of a calendar day. Nothing when the day does not exist or when it does not lie within what
// base::SystemTime can hold (September 1677 to April 2262).
inline std::optional<base::SystemTime> valid_day(unsigned year, unsigned month, unsigned day) {
  using std::chrono::days;
  if (year > 9999) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  const std::chrono::sys_days midnight(date);
  const auto first = std::chrono::floor<days>(base::SystemTime::min()) + days(1);
  const auto last = std::chrono::floor<days>(base::SystemTime::max()) - days(1);
  if (midnight < first || midnight > last) return std::nullopt;
  return base::SystemTime(midnight);
}

}  // namespace ftpsfs::ftp
