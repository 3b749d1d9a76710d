#pragma once

#include <memory>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/server_knowledge.h"
#include "ftpsfs/net/dialer.h"

namespace ftpsfs::ftp {

// Asks for a passive data port (EPSV, RFC 2428; PASV where that is refused, which is remembered) and connects to it at
// the control connection's peer: the address in a PASV reply may be private, zero or an attacker's.
base::Result<std::unique_ptr<net::ByteStream>> open_passive(ControlConnection& control, net::Dialer& dialer,
                                                            ServerKnowledge& server,
                                                            const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
