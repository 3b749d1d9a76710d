#pragma once

// Setters of the options about how connections are made.

#include <string_view>

#include "ftpsfs/app/options.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

base::Status set_quirks(Options& options, std::string_view text);

}  // namespace ftpsfs::app
