#pragma once

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

// The date that `words` begin with, in one of the forms that listing.h names. Nothing when they begin with no date.
std::optional<ListingDate> parse_listing_date(std::span<const std::string_view> words, base::SystemTime now);

}  // namespace ftpsfs::ftp
