#pragma once

#include <string>

namespace ftpsfs::fuse {

// Sends what libfuse has to say to base::log("fuse") instead of standard error. Process-wide, may be called repeatedly.
void route_libfuse_log();

// The last error that libfuse reported on this thread since the previous call; empty when there was none.
std::string take_libfuse_error();

}  // namespace ftpsfs::fuse
