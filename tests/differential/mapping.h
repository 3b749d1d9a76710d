#pragma once

#include "folder.h"

namespace ftpsfs::differential {

// A part of an open file through mmap(2), cut to what the file has: what lies behind its end in the last page belongs
// to nobody. A page that cannot be had is an error (EFAULT) and no SIGBUS.
Outcome map_read(int descriptor, std::int64_t offset, std::size_t size);
Outcome map_write(int descriptor, std::int64_t offset, const std::string& bytes, int msync_flags);

}  // namespace ftpsfs::differential
