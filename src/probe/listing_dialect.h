#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ftpsfs::probe {

// How the lines of a LIST look, for people: "Unix (ls -l)", "DOS", "EPLF", "VMS", "unknown", or "empty". By the first
// line that shows it. Pure.
std::string listing_dialect(std::string_view text);

// The first lines that are neither blank nor "total …".
std::vector<std::string> sample_lines(std::string_view text, std::size_t most);

// The names of the facts of an MLSD line: "type, size, modify".
std::string fact_names(std::string_view line);

}  // namespace ftpsfs::probe
