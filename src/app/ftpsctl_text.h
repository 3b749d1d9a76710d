#pragma once

// What ftpsctl status and flush print for people. Names and messages are made printable.

#include <cstdint>
#include <string>

#include "ftpsfs/control/messages.h"

namespace ftpsfs::app {

// "512 bytes", "12.4 MB".
std::string size_text(std::uint64_t bytes);

// "3 files, 12.4 MB"
std::string remaining_text(const control::Remaining& remaining);

// What waits, and what is lost, with at most 20 files of each; nothing when there are none.
std::string unsaved_text(const control::MountStatus& status);

std::string status_text(const control::MountStatus& status);

std::string flush_text(const control::FlushOutcome& outcome);

}  // namespace ftpsfs::app
