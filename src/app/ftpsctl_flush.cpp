#include "ftpsctl_flush.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>

#include "ftpsctl_subcommands.h"
#include "ftpsctl_text.h"
#include "standard_output.h"
#include "stop_on_signal.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;

constexpr std::chrono::seconds kLongestAnswer{30};

struct FlushArguments {
  std::string path;
  std::optional<std::uint32_t> timeout;  // seconds
};

Result<ControlCommand> to_command(const FlushArguments& arguments) {
  if (arguments.path.empty()) {
    return fail(Errc::invalid_argument,
                "usage: ftpsctl flush [--timeout SECONDS] MOUNTPOINT (ftpsctl flush --help tells more)");
  }
  if (arguments.timeout == 0U) return fail(Errc::invalid_argument, "--timeout: at least 1 second");
  FlushCommand command{.path = arguments.path, .timeout = {}};
  if (arguments.timeout) command.timeout = std::chrono::seconds(*arguments.timeout);
  return command;
}

// One line that is written again and again, where somebody looks at it.
class ProgressLine {
 public:
  ProgressLine() : seen_(::isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() { show(""); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& text) const {
    if (!seen_) return;
    std::fputs(("\r" + text + "\033[K").c_str(),
               stderr);  // to the end of the line, of which more may be left
    std::fflush(stderr);
  }

 private:
  bool seen_;
};

Result<std::string> ask_with_progress(const MountAddress& address, const OpContext& ctx) {
  const ProgressLine line;
  return ask_mount(address, "flush", ctx, [&](std::string_view json) {
    if (const auto left = control::parse_remaining(json)) line.show(remaining_text(*left) + " left");
  });
}

int print(const std::string& text, int status) {
  if (print_to_standard_output(text)) return status;
  fmt::print(stderr, "ftpsctl: the answer could not be written\n");
  return kExitControlOutput;
}

int say_outcome(const control::FlushOutcome& outcome) {
  const bool all = outcome.error.empty() && outcome.status.lost == 0;
  return print(flush_text(outcome), all ? 0 : kExitControlNotAll);
}

int say_what_is_left(const MountAddress& address) {
  auto status = ask_status(address, OpContext::with_timeout(kLongestAnswer));
  if (!status) return complain_about_mount(status.error());
  return say_outcome({.error = "the time is up (--timeout)", .status = std::move(*status)});
}

}  // namespace

Subcommand describe_flush(CLI::App& program) {
  const auto arguments = std::make_shared<FlushArguments>();
  CLI::App* const flush =
      program.add_subcommand("flush", "Waits until everything that programs have closed is on the server");
  flush->set_help_flag("-h,--help", "Show this help");
  flush->add_option("MOUNTPOINT", arguments->path, "The mount, or any path in it");
  flush->add_option("--timeout", arguments->timeout, "Wait no longer than this (as long as it takes)")
      ->type_name("SECONDS");
  flush->footer(
      "Exit status: 0 all is on the server; 1 something is not, and is kept; 2 the mount cannot be asked;\n"
      "64 wrong usage; 74 the answer could not be written.\n");
  return {flush, [arguments] { return to_command(*arguments); }};
}

int flush_mount(const MountAddress& address, const OpContext& ctx) {
  const auto json = ask_with_progress(address, ctx);
  if (json) {
    const auto outcome = control::parse_flush_outcome(*json);
    return outcome ? say_outcome(*outcome) : complain_about_mount(outcome.error());
  }
  if (ctx.stop.stop_requested()) {
    return print("Interrupted. The mount goes on uploading; ftpsctl status tells what is left.\n",
                 kExitControlNotAll);
  }
  return ctx.check("") ? complain_about_mount(json.error()) : say_what_is_left(address);
}

int run_flush(const FlushCommand& command) {
  const StopOnSignal stop;
  const auto address = locate_mount(command.path);
  if (!address) return complain_about_mount(address.error());
  const OpContext forever{.stop = stop.token()};
  return flush_mount(*address, command.timeout ? forever.with_time_limit(*command.timeout) : forever);
}

}  // namespace ftpsfs::app
