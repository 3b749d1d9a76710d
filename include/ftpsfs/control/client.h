#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/op_context.h"

namespace ftpsfs::control {

// Lets a mount carry out a command (server.h) and returns the JSON of its result. The mount is asked at the first of
// these sockets (socket_candidates.h) where somebody serves, and nothing is sent unless that is `user`. A stop or the
// deadline hangs up, which ends the command there, too. Errors: unreachable (nobody serves), permission_denied,
// timed_out, cancelled, connection_lost, protocol_error, or the command's.
base::Result<std::string> call(std::span<const std::filesystem::path> candidates, std::uint32_t user,
                               std::string_view command, const base::OpContext& ctx,
                               const std::function<void(std::string_view json)>& on_progress = {});

}  // namespace ftpsfs::control
