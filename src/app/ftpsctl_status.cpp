#include "ftpsctl_status.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "ftpsctl_subcommands.h"
#include "ftpsctl_text.h"
#include "standard_output.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::chrono::seconds kLongestAnswer{30};

Result<ControlCommand> to_command(const StatusCommand& arguments) {
  if (!arguments.path.empty()) return arguments;
  return fail(Errc::invalid_argument,
              "usage: ftpsctl status [--json] MOUNTPOINT (ftpsctl status --help tells more)");
}

}  // namespace

Subcommand describe_status(CLI::App& program) {
  const auto arguments = std::make_shared<StatusCommand>();
  CLI::App* const status = program.add_subcommand(
      "status", "Tells what a mount has not uploaded yet, and what the server will not take");
  status->set_help_flag("-h,--help", "Show this help");
  status->add_option("MOUNTPOINT", arguments->path, "The mount, or any path in it");
  status->add_flag("--json", arguments->json, "Print JSON instead of text");
  status->footer(
      "Exit status: 0 fine; 1 something is in lost+found; 2 the mount cannot be asked; 64 wrong usage;\n"
      "74 the answer could not be written.\n");
  return {status, [arguments] { return to_command(*arguments); }};
}

int show_status(const MountAddress& address, bool json) {
  const auto status = ask_status(address, base::OpContext::with_timeout(kLongestAnswer));
  if (!status) return complain_about_mount(status.error());
  const auto text =
      json ? control::to_json(*status, control::JsonForm::indented) + '\n' : status_text(*status);
  if (!print_to_standard_output(text)) {
    fmt::print(stderr, "ftpsctl: the answer could not be written\n");
    return kExitControlOutput;
  }
  return status->lost == 0 ? 0 : kExitControlNotAll;
}

int run_status(const StatusCommand& command) {
  const auto address = locate_mount(command.path);
  return address ? show_status(*address, command.json) : complain_about_mount(address.error());
}

}  // namespace ftpsfs::app
