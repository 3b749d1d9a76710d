#pragma once

// Which ftpsfs mount a path belongs to, from what the kernel tells of mounts. The mount itself is never touched: its
// server may not answer.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ftpsfs/base/error.h"

namespace ftpsfs::control {

// The file system's type in /proc/self/mountinfo.
inline constexpr std::string_view kMountType = "fuse.ftpsfs";

struct Mount {
  std::filesystem::path mount_point;
  std::string type;
  std::string source;              // for ftpsfs without any password
  std::uint32_t device_major = 0;  // both together: one mount, as long as it lasts
  std::uint32_t device_minor = 0;
  std::uint32_t user = 0;  // who mounted (FUSE only, else 0)
};

// All mounts, of any type, in the order of the text, whose form is that of /proc/self/mountinfo (proc(5)). Lines in any
// other form are left out.
std::vector<Mount> parse_mountinfo(std::string_view text);

// The ftpsfs mount that `path` lies in, or whose mount point it is; the one on top when several are stacked. A relative
// path counts from the working folder; symlinks are followed up to the mount and not in it. not_found when there is no
// such mount, local_io when the kernel does not tell.
base::Result<Mount> find_mount(const std::filesystem::path& path);

// The same among these mounts.
base::Result<Mount> find_mount(const std::filesystem::path& path, const std::vector<Mount>& mounts);

}  // namespace ftpsfs::control
