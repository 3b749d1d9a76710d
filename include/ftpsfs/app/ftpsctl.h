#pragma once

// The program ftpsctl: what there is to do beside mounting. Each task is a subcommand.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "ftpsfs/app/command_line.h"
#include "ftpsfs/app/options.h"
#include "ftpsfs/app/source.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

// ftpsctl probe SOURCE [-o LIST]... [--json] [--write]
struct ProbeCommand {
  Source source;
  Options options;
  std::string option_list;  // as given, without quirks=
  bool json = false;
  bool write = false;
};

// ftpsctl status [--json] MOUNTPOINT
struct StatusCommand {
  std::filesystem::path path;  // the mount point or anything below
  bool json = false;
};

// ftpsctl flush [--timeout SECONDS] MOUNTPOINT
struct FlushCommand {
  std::filesystem::path path;
  std::optional<std::chrono::seconds> timeout;  // absent: as long as it takes
};

using ControlCommand = std::variant<ProbeCommand, StatusCommand, FlushCommand, ShowText>;

inline constexpr int kExitControlNotAll = 1;       // files are in lost+found, or have not reached the server
inline constexpr int kExitControlUnreachable = 2;  // the mount cannot be asked
// As in sysexits.h.
inline constexpr int kExitControlUsage = 64;   // EX_USAGE
inline constexpr int kExitControlOutput = 74;  // EX_IOERR: standard output takes no more

// invalid_argument when it makes no sense.
base::Result<ControlCommand> parse_ftpsctl(int argc, const char* const* argv);

// Connects, asks for the password if need be, and prints the report to standard output. Returns its exit status:
// 0 works, 1 works with warnings or needs options, 2 does not work (probe::exit_status); or one of those above.
int run_probe(ProbeCommand&& command);

// Prints what the mount has not uploaded yet, and what the server will not take. Returns 0, or one of those above.
int run_status(const StatusCommand& command);

// Waits until everything that the mount has acknowledged is on the server. Returns 0, or one of those above.
int run_flush(const FlushCommand& command);

// The whole program; returns its exit status.
int run_ftpsctl(int argc, const char* const* argv);

}  // namespace ftpsfs::app
