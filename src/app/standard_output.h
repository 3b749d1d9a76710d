#pragma once

#include <string_view>

namespace ftpsfs::app {

// Prints all of it, now. False when standard output does not take it (a full disk, a pager that has ended); fmt::print
// would throw.
bool print_to_standard_output(std::string_view text);

}  // namespace ftpsfs::app
