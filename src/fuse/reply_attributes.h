#pragma once

#include <sys/stat.h>

#include <ctime>

#include "request.h"

namespace ftpsfs::fuse {

struct stat to_stat(const vfs::FileStatus& status, const MountOptions& options);
fuse_entry_param to_entry(const vfs::FileStatus& status, const MountOptions& options);

base::SystemTime to_system_time(const std::timespec& time);
std::timespec to_timespec(base::SystemTime time);

// The answers that carry attributes. An entry counts one lookup in the kernel; when the kernel does not take it, the
// lookup is given back to the vfs.
void reply_attributes(Request& request, const vfs::FileStatus& status);
void reply_entry(Request& request, const vfs::FileStatus& status);

}  // namespace ftpsfs::fuse
