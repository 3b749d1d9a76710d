#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/server_knowledge.h"

namespace ftpsfs::ftp {

// Any number of independent commands, in as few flights as the buffers of both ends and the server allow, and their final
// replies in order. The server may be silent for `reply_timeout` at most.
base::Result<std::vector<Reply>> ask_in_flights(ControlConnection& control, const ServerKnowledge& server,
                                                std::span<const Command> commands,
                                                std::chrono::milliseconds reply_timeout,
                                                const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
