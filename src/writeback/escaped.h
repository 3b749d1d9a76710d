#pragma once

#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"

namespace ftpsfs::writeback {

enum class Keep { ascii, all_printable };

// Percent-encodes control characters, "%", and with Keep::ascii every byte from 0x80 on, so that any path fits into one
// line, or into JSON.
std::string escaped(std::string_view bytes, Keep keep);

// The bytes again. invalid_argument for what `escaped` does not make.
base::Result<std::string> unescaped(std::string_view text);

}  // namespace ftpsfs::writeback
