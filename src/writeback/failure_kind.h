#pragma once

#include <chrono>
#include <cstddef>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::writeback {

// What a failed upload says about the next try.
enum class FailureKind {
  server_away,    // none will succeed now
  file_for_now,   // others may succeed, and this one later
  file_for_good,  // waiting will not help
  no_room,        // somebody may make room
};

FailureKind kind_of(base::Errc code);

// After so many tries of one content that failed in this way it goes to lost+found; 0: never.
std::size_t most_tries(FailureKind kind);

// 1 s after the first failure, twice as long after each further one, 60 s at most.
base::SteadyDuration pause_after(std::size_t failures);

}  // namespace ftpsfs::writeback
