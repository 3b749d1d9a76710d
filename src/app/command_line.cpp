#include "ftpsfs/app/command_line.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <vector>

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;

struct Arguments {
  std::string source;
  std::string mount_point;
  std::vector<std::string> option_lists;
  bool foreground = false;
  bool debug = false;
  bool version = false;
};

constexpr const char* kExitStatusHelp =
    "\nExit status: 0 mounted, or in the foreground: ended in order; 1 wrong usage; 32 the mount failed.\n";

void describe(CLI::App& app, Arguments& arguments) {
  app.set_help_flag("-h,--help", "Show this help");
  app.add_option(
      "SOURCE", arguments.source,
      "ftpes://[user@]host[:port][/path] (TLS on port 21), ftps://… (TLS on port 990) or [user@]host:/path");
  app.add_option("MOUNTPOINT", arguments.mount_point, "An existing directory");
  app.add_option("-o", arguments.option_lists, "Options, separated by commas; a comma in a value is \"\\,\"")
      ->type_name("LIST")
      ->allow_extra_args(false);
  app.add_flag("-f", arguments.foreground, "Stay in the foreground, log to standard error");
  app.add_flag("-d", arguments.debug, "The same, and log everything (log_level=trace)");
  app.add_flag("-V,--version", arguments.version, "Show the version");
  app.footer([] { return "Options for -o:\n" + options_help() + kExitStatusHelp; });
}

Result<Options> read_options(const Arguments& arguments) {
  Options options;
  for (const std::string& list : arguments.option_lists) {
    if (auto status = parse_options(list, options); !status) return fail(std::move(status));
  }
  if (arguments.debug) options.log_level = "trace";
  if (auto status = complete_options(options); !status) return fail(std::move(status));
  return options;
}

Result<MountCommand> to_command(const Arguments& arguments) {
  if (arguments.source.empty() || arguments.mount_point.empty()) {
    return fail(Errc::invalid_argument,
                "usage: ftpsfs SOURCE MOUNTPOINT [-o options] (ftpsfs --help tells more)");
  }
  auto options = read_options(arguments);
  if (!options) return fail(std::move(options));
  auto source = parse_source(arguments.source, options->tls);
  if (!source) return fail(std::move(source));
  std::error_code error;
  auto mount_point = std::filesystem::absolute(arguments.mount_point, error);
  if (error) return fail(Errc::invalid_argument, "the current folder is gone; write the mount point in full");
  return MountCommand{.config = {.source = std::move(*source),
                                 .options = std::move(*options),
                                 .mount_point = mount_point.lexically_normal()},
                      .foreground = arguments.foreground || arguments.debug};
}

}  // namespace

Result<std::variant<MountCommand, ShowText>> parse_command_line(int argc, const char* const* argv) {
  using Parsed = std::variant<MountCommand, ShowText>;
  CLI::App app("Mounts a directory of an FTPS server.", "ftpsfs");
  Arguments arguments;
  describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Parsed(ShowText{app.help()});
  } catch (const CLI::ParseError& error) {
    return fail(Errc::invalid_argument, error.what());
  }
  if (arguments.version) return Parsed(ShowText{fmt::format("ftpsfs {}\n", FTPSFS_VERSION)});
  auto command = to_command(arguments);
  if (!command) return fail(std::move(command));
  return Parsed(std::move(*command));
}

}  // namespace ftpsfs::app
