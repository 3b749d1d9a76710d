#pragma once

#include <ctime>
#include <string>

#include "listing_format.h"
#include "personality.h"

namespace ftpsfs::testing {

// A line of LIST, without its end, in the personality's style and time zone.
std::string list_line(const ListingEntry& entry, const Personality& personality, std::time_t now);

// What a listing of a directory has around its lines; "" in most styles. Lines with their ends.
std::string list_head(const std::string& directory, const Personality& personality);
std::string list_tail(std::size_t entries, const Personality& personality);

}  // namespace ftpsfs::testing
