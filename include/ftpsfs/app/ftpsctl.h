#pragma once

// The program ftpsctl: what there is to do beside mounting. Each task is a subcommand.

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

// As in sysexits.h.
inline constexpr int kExitControlUsage = 64;   // EX_USAGE
inline constexpr int kExitControlOutput = 74;  // EX_IOERR: standard output takes no more

// invalid_argument when it makes no sense.
base::Result<std::variant<ProbeCommand, ShowText>> parse_ftpsctl(int argc, const char* const* argv);

// Connects, asks for the password if need be, and prints the report to standard output. Returns its exit status:
// 0 works, 1 works with warnings or needs options, 2 does not work (probe::exit_status); or one of those above.
int run_probe(ProbeCommand&& command);

// The whole program; returns its exit status.
int run_ftpsctl(int argc, const char* const* argv);

}  // namespace ftpsfs::app
