#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "operation.h"

namespace ftpsfs::differential {

// `count` operations that depend on nothing but the seed. Few names, few handles, and sizes around the limits of
// blocks, pages and requests, so that operations meet each other.
std::vector<Operation> generate(std::uint64_t seed, std::size_t count);

}  // namespace ftpsfs::differential
