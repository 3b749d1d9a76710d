#pragma once

#include <cstdint>
#include <string_view>

#include <sys/types.h>

namespace ftpsfs::fuse {

// The kernel interrupts a request for any signal that its thread gets, also for those that no program means as "stop":
// a Go program sends itself SIGURG all day, and its close(2) must not fail for that. True when the thread has signals
// pending and all of them are of that sort. False when nothing can be found out.
bool only_routine_signals_pending(pid_t thread);

// The same for the text of /proc/<thread>/status.
bool only_routine_signals_in_status(std::string_view status);

}  // namespace ftpsfs::fuse
