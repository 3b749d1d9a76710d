#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::ftp {

// The zone that a server writes the times of LIST in. A value, without the process's TZ: reading it is thread safe.
class TimeZone {
 public:
  // "UTC", "+02:00", "-0330", "local" for this machine's zone, or a name of the tz database ("Europe/Berlin"), which is
  // read from this machine's /usr/share/zoneinfo. invalid_argument for anything else.
  static base::Result<TimeZone> parse(std::string_view text);

  // From the bytes of a compiled zone file (TZif, RFC 8536). Behind its last transition the zone stays as it is.
  static base::Result<TimeZone> from_tzif(std::string_view bytes);

  // `wall`: a time on the server's wall clock, taken as if it were UTC. A wall time that occurs twice is its first
  // occurrence or its second, one that does not occur is moved by the gap's length.
  base::SystemTime to_utc(base::SystemTime wall) const;

 private:
  struct Transition {
    std::int64_t when = 0;  // seconds since 1970, UTC
    std::chrono::seconds offset{};
  };

  std::chrono::seconds offset_at(base::SystemTime utc) const;

  std::chrono::seconds first_offset_{};    // before all transitions
  std::vector<Transition> transitions_{};  // in order
};

// "+02:00", "-0330", "+2": an offset from UTC of at most 14 hours.
std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text);

// How far a server's listing is ahead of UTC, from the time it lists for a file and the file's exact one: nothing
// unless the difference is one that a zone can have, a multiple of 15 minutes within 14 hours.
std::optional<std::chrono::minutes> zone_offset_between(base::SystemTime listed, base::SystemTime exact);

}  // namespace ftpsfs::ftp
