#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/server_knowledge.h"

namespace ftpsfs::ftp {

// Independent commands in as few flights as ControlConnection and the server allow, each flight limited to
// `reply_timeout`.
base::Result<std::vector<Reply>> ask_in_flights(ControlConnection& control, const ServerKnowledge& server,
                                                std::span<const Command> commands,
                                                std::chrono::milliseconds reply_timeout,
                                                const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
