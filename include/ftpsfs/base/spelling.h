#pragma once

#include <span>
#include <string_view>

namespace ftpsfs::base {

// Of `known`, which must not be empty, the name that takes the fewest single-character changes to become `misspelt`
// (Levenshtein's distance); the first of several. For "did you mean …?".
std::string_view nearest_name(std::string_view misspelt, std::span<const std::string_view> known);

}  // namespace ftpsfs::base
