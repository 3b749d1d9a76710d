#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ftpsfs/control/mounts.h"

namespace ftpsfs::control {

// What the place of a socket depends on beside the mount.
struct Environment {
  std::uint32_t user = 0;      // who asks, or serves
  std::string runtime_folder;  // $XDG_RUNTIME_DIR; may be empty

  static Environment of_process();
};

// Where the control socket of a mount may be: MAJOR-MINOR.sock in
//   /run/ftpsfs, when root has mounted; else, the first that can be used,
//   $XDG_RUNTIME_DIR/ftpsfs, when the one who asks has mounted,
//   /run/user/UID/ftpsfs, where XDG_RUNTIME_DIR usually points,
//   /tmp/ftpsfs-UID.
// The mount takes the first in which it can make a folder for itself; who asks tries all, because a shell and a daemon
// may differ in XDG_RUNTIME_DIR. Touches no file.
std::vector<std::filesystem::path> socket_candidates(const Mount& mount, const Environment& environment);

}  // namespace ftpsfs::control
