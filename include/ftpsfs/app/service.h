#pragma once

// Foreground or background: how the mount lives as a process.

#include <functional>
#include <string>

#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

// As mount(8) has them, for the day it calls us as a helper.
inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 1;
inline constexpr int kExitMountFailed = 32;

// Does the work. Calls the function it is given once, from any thread, when whoever waits may go on.
using ServiceBody = std::function<base::Status(const std::function<void()>& ready)>;

// Runs `body` in this process. Returns the process' exit status; an error goes to standard error.
int run_in_foreground(const ServiceBody& body);

// Forks, and runs `body` in the child. Returns, in the parent only, when the child is ready or has failed: kExitOk, or
// kExitMountFailed after the reason has been written to standard error. Until then the child is part of the parent's
// process group and shares its standard error; then it becomes a session of its own, logs to the system log with
// `log_level`, and leaves the current folder and the standard streams. To be called before any thread exists.
int run_in_background(const ServiceBody& body, const std::string& log_level);

}  // namespace ftpsfs::app
