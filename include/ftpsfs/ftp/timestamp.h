#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ftpsfs/base/clock.h"

namespace ftpsfs::ftp {

// RFC 3659 2.3 time values: "YYYYMMDDHHMMSS[.fraction]", UTC. Nothing for anything that is no valid date and
// time between the years 1601 and 9999 (and within what base::SystemTime can hold: up to 2262); leap second
// 60 counts as 59.
std::optional<base::SystemTime> parse_timestamp(std::string_view text);

// Whole seconds, rounded down: "20240229235959".
std::string format_timestamp(base::SystemTime time);

}  // namespace ftpsfs::ftp
