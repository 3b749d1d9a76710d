#pragma once

#include <string>
#include <string_view>

#include "personality.h"

namespace ftpsfs::testing {

// What an argument means: without quotes around it, in UTF-8, as Windows or VMS would call the file.
std::string name_from_client(std::string_view argument, const Personality& personality, bool utf8);

// How a name or path is shown to the client.
std::string name_to_client(std::string_view name, const Personality& personality, bool utf8);

// Whether Windows has no such names (a path; its slashes are fine).
bool windows_refuses(std::string_view path);

}  // namespace ftpsfs::testing
