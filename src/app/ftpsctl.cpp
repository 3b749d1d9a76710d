#include "ftpsfs/app/ftpsctl.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <array>
#include <csignal>
#include <cstdio>
#include <utility>

#include "ftpsctl_subcommands.h"
#include "standard_output.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;

// One for each command.
struct Run {
  int operator()(const ShowText& text) const {
    return print_to_standard_output(text.text) ? 0 : kExitControlOutput;
  }
  int operator()(ProbeCommand& command) const { return run_probe(std::move(command)); }
  int operator()(const StatusCommand& command) const { return run_status(command); }
  int operator()(const FlushCommand& command) const { return run_flush(command); }
};

}  // namespace

Result<ControlCommand> parse_ftpsctl(int argc, const char* const* argv) {
  CLI::App program("Examines FTPS servers for ftpsfs, and asks its mounts.", "ftpsctl");
  program.set_help_flag("-h,--help", "Show this help");
  bool version = false;
  program.add_flag("-V,--version", version, "Show the version");
  program.require_subcommand(0, 1);
  program.footer("ftpsctl COMMAND --help tells more.\n");
  const std::array subcommands{describe_probe(program), describe_status(program), describe_flush(program)};
  try {
    program.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return ShowText{program.help()};
  } catch (const CLI::ParseError& error) {
    return fail(Errc::invalid_argument, error.what());
  }
  if (version) return ShowText{fmt::format("ftpsctl {}\n", FTPSFS_VERSION)};
  for (const Subcommand& subcommand : subcommands) {
    if (subcommand.description->parsed()) return subcommand.command();
  }
  return fail(Errc::invalid_argument, "which command? (ftpsctl --help lists all)");
}

int run_ftpsctl(int argc, const char* const* argv) {
  auto parsed = parse_ftpsctl(argc, argv);
  if (!parsed) {
    fmt::print(stderr, "ftpsctl: {}\n", base::printable(parsed.error().message, 2048));
    return kExitControlUsage;
  }
  std::signal(SIGPIPE, SIG_IGN);  // a pager that has ended is an error of the output
  return std::visit(Run(), *parsed);
}

}  // namespace ftpsfs::app
