#pragma once

#include <cstddef>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/secret.h"

namespace ftpsfs::app {

// At most `limit` bytes from `fd`, to its end or to the first newline, which is taken but not returned (nor is a CR
// before it). Leaves no copy behind. cancelled when a signal came.
base::Result<base::Secret> read_first_line(int fd, std::size_t limit);

}  // namespace ftpsfs::app
