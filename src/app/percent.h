#pragma once

#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

// %XX -> the byte (RFC 3986 2.1). invalid_argument when a % is not followed by two hex digits.
base::Result<std::string> percent_decoded(std::string_view text);

}  // namespace ftpsfs::app
