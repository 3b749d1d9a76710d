#pragma once

// The mount that ftpsctl talks to.

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/control/messages.h"
#include "ftpsfs/control/mounts.h"

namespace ftpsfs::app {

struct MountAddress {
  control::Mount mount;
  std::vector<std::filesystem::path> sockets;
};

// Of the mount that `path` lies in; does not touch it.
base::Result<MountAddress> locate_mount(const std::filesystem::path& path);

// control::call, with errors that say what to do. `on_progress` gets the JSON of what the mount tells meanwhile.
base::Result<std::string> ask_mount(const MountAddress& address, std::string_view command,
                                    const base::OpContext& ctx,
                                    const std::function<void(std::string_view json)>& on_progress = {});

base::Result<control::MountStatus> ask_status(const MountAddress& address, const base::OpContext& ctx);

// Prints why the mount cannot be asked; returns the exit status for that.
int complain_about_mount(const base::Error& error);

}  // namespace ftpsfs::app
