#pragma once

// The subcommands of ftpsctl, each of which describes its own arguments.

#include <CLI/CLI.hpp>

#include <functional>

#include "ftpsfs/app/ftpsctl.h"

namespace ftpsfs::app {

struct Subcommand {
  CLI::App* description;  // the parser's; it knows whether this is what the user wants
  std::function<base::Result<ControlCommand>()> command;  // from the arguments, once they are parsed
};

Subcommand describe_probe(CLI::App& program);
Subcommand describe_status(CLI::App& program);
Subcommand describe_flush(CLI::App& program);

}  // namespace ftpsfs::app
