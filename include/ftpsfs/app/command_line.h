#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "ftpsfs/app/mount.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

struct MountCommand {
  MountConfig config;
  bool foreground = false;
};

// --help and --version: text for standard output.
struct ShowText {
  std::string text;
};

// ftpsfs SOURCE MOUNTPOINT [-f] [-d] [-o LIST]... [-V] [-h]. invalid_argument when it makes no sense. The mount point
// is made absolute, but not looked at: it may be a dead mount.
base::Result<std::variant<MountCommand, ShowText>> parse_command_line(int argc, const char* const* argv);

// The whole program; returns its exit status (service.h).
int run_program(int argc, const char* const* argv);

}  // namespace ftpsfs::app
