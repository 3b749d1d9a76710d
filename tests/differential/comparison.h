#pragma once

#include <optional>
#include <string>

#include "folder.h"
#include "known_differences.h"

namespace ftpsfs::differential {

// In words, what differs between the outcomes of one operation; nothing when they agree.
std::optional<std::string> difference(const Operation& operation, const Outcome& tested,
                                      const Outcome& reference, const KnownDifferences& known);

// Where two texts part: lines of listings, or an offset in bytes.
std::string first_difference(const std::string& tested, const std::string& reference);

}  // namespace ftpsfs::differential
