#pragma once

// Logging through spdlog: leveled, thread safe, never blocking on the network. Each layer logs under its own name.
//   base::log("ftp").debug("EPSV answered port {}", port);
// Text from a server or a file name goes through base::printable first.
// Levels: trace = protocol dialogue (PASS masked), debug = decisions, info = life of the mount, warn = degraded but
// working, error = an operation failed for a reason outside the caller's control.

#include <spdlog/logger.h>

#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"

namespace ftpsfs::base {

enum class LogTarget { standard_error, system_log };

// Sets target and level ("trace", "debug", "info", "warn", "error", "off") for all loggers, present and future.
// Before the first call everything from "warn" goes to standard error. invalid_argument for an unknown level.
Status configure_logging(LogTarget target, std::string_view level);

// The logger of a layer; the reference stays valid until the process ends.
spdlog::logger& log(std::string_view layer);

}  // namespace ftpsfs::base
