#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/model/attributes.h"

namespace ftpsfs::ftp {

// The date in a line of `ls -l`.
struct ListingDate {
  std::optional<base::SystemTime> modified;  // absent when the server wrote a day that does not exist
  model::TimePrecision precision = model::TimePrecision::minute;
  std::size_t words = 0;  // how many words it took
};

// The date that `words` begin with, in one of the forms with a month name or a whole ISO or German date that listing.h
// names. Nothing when they begin with no date.
std::optional<ListingDate> parse_listing_date(std::span<const std::string_view> words, base::SystemTime now);

// The same for months that are mere numbers: "3 29 1994", "09-26 13:45". Links, owners and sizes are numbers too, so
// this is for lines in which no other date was found.
std::optional<ListingDate> parse_numeric_listing_date(std::span<const std::string_view> words,
                                                      base::SystemTime now);

struct TimeOfDay {
  std::chrono::milliseconds since_midnight{};
  bool has_seconds = false;
};

// "HH:MM" or "HH:MM:SS[.fraction]", hours with one digit or two; "24:00" occurs.
std::optional<TimeOfDay> parse_time_of_day(std::string_view word);

}  // namespace ftpsfs::ftp
