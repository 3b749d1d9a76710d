#pragma once

#include <memory>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/data_channel_settings.h"
#include "ftpsfs/ftp/server_knowledge.h"
#include "ftpsfs/net/dialer.h"

namespace ftpsfs::ftp {

// Opens a port for one active data channel and tells the server of it: EPRT (RFC 2428), or PORT where that is refused
// and the address is IPv4, which is remembered. The server connects when it has got the transfer's command. Errors:
// unreachable when the server wants neither, invalid_argument for an active_address of the wrong kind, those of the
// dialer and of the control connection.
base::Result<std::unique_ptr<net::Listener>> offer_active(ControlConnection& control, net::Dialer& dialer,
                                                          const DataChannelSettings& settings,
                                                          ServerKnowledge& server,
                                                          const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
