#pragma once

// Setters of the options about what the server lists: charset, times, symlinks.

#include <string_view>

#include "ftpsfs/app/options.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

base::Status set_charset(Options& options, std::string_view text);
base::Status set_time_zone(Options& options, std::string_view text);
base::Status set_symlinks(Options& options, std::string_view text);
base::Status set_unsafe_symlinks(Options& options, std::string_view none);

}  // namespace ftpsfs::app
