#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ftpsfs/base/error.h"

namespace ftpsfs::fuse {

// Whether something can be mounted there, asked before libfuse is, because its own messages do not say what to do.
base::Status check_mount_point(const std::filesystem::path& mount_point);

// Whether this process may use FUSE, with these mount options.
base::Status check_fuse(const std::vector<std::string>& kernel_options);

// Whether the text of fuse.conf(5) allows allow_other to everybody.
bool allows_other(std::string_view fuse_conf);

}  // namespace ftpsfs::fuse
