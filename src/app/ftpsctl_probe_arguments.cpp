#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "ftpsctl_subcommands.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr const char* kExitStatusHelp =
    "\nExit status: 0 it works; 1 it works with warnings, or needs the options shown; 2 it does not work;\n"
    "64 wrong usage; 74 the report could not be written.\n";

struct ProbeArguments {
  std::string source;
  std::vector<std::string> option_lists;
  bool json = false;
  bool write = false;
};

// What a command line may repeat: without quirks=, which the report joins with those that it suggests, and without a
// descriptor that is gone then.
std::string repeatable(const std::vector<std::string>& lists) {
  std::string kept;
  for (const std::string& list : lists) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= list.size(); ++i) {
      if (i < list.size() && list[i] == '\\') {
        ++i;
        continue;
      }
      if (i < list.size() && list[i] != ',') continue;
      const auto item = std::string_view(list).substr(begin, i - begin);
      begin = i + 1;
      if (item.empty() || item.starts_with("quirks=") || item.starts_with("password_fd=")) continue;
      kept += (kept.empty() ? "" : ",") + std::string(item);
    }
  }
  return kept;
}

Result<ControlCommand> to_command(const ProbeArguments& arguments) {
  ProbeCommand command;
  command.option_list = repeatable(arguments.option_lists);
  command.json = arguments.json;
  command.write = arguments.write;
  command.options.log_level = "off";  // the report says it
  for (const std::string& list : arguments.option_lists) {
    if (auto status = parse_options(list, command.options); !status) return fail(std::move(status));
  }
  if (auto status = complete_options(command.options); !status) return fail(std::move(status));
  if (arguments.source.empty()) {
    return fail(
        Errc::invalid_argument,
        "usage: ftpsctl probe SOURCE [-o options] [--json] [--write] (ftpsctl probe --help tells more)");
  }
  auto source = parse_source(arguments.source, command.options.tls);
  if (!source) return fail(std::move(source));
  command.source = std::move(*source);
  return command;
}

}  // namespace

Subcommand describe_probe(CLI::App& program) {
  const auto arguments = std::make_shared<ProbeArguments>();
  CLI::App* const probe = program.add_subcommand(
      "probe", "Tells what a server can do, what is wrong, and which mount options suit it");
  probe->set_help_flag("-h,--help", "Show this help");
  probe->add_option("SOURCE", arguments->source,
                    "As for ftpsfs: ftpes://[user@]host[:port][/path], ftps://…");
  probe
      ->add_option("-o", arguments->option_lists,
                   "Options, separated by commas, as for ftpsfs; a comma in a value is \"\\,\"")
      ->type_name("LIST")
      ->allow_extra_args(false);
  probe->add_flag("--json", arguments->json, "Print JSON instead of text");
  probe->add_flag(
      "--write", arguments->write,
      "Also try what changes something, in a folder .ftpsfs-probe-XXXXXXXX that is removed in the end");
  probe->footer([] { return "Options for -o:\n" + options_help() + kExitStatusHelp; });
  return {probe, [arguments] { return to_command(*arguments); }};
}

}  // namespace ftpsfs::app
