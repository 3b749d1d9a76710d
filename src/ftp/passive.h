#pragma once

#include <memory>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/data_channel_settings.h"
#include "ftpsfs/ftp/server_knowledge.h"
#include "ftpsfs/net/dialer.h"

namespace ftpsfs::ftp {

// Asks for a passive data port and connects to it, for `data_command`.
//
// EPSV (RFC 2428) comes first; PASV where EPSV is refused or, with IPv4, where its port does not answer: some firewalls
// let only the ports through that they have read in a 227. What worked is remembered. The connection goes to the
// control connection's peer whatever address a 227 names, which may be private, zero or an attacker's, unless the
// settings say otherwise. The error of a port that does not answer names the port and what to try.
base::Result<std::unique_ptr<net::ByteStream>> open_passive(ControlConnection& control, net::Dialer& dialer,
                                                            const DataChannelSettings& settings,
                                                            ServerKnowledge& server,
                                                            const Command& data_command,
                                                            const base::OpContext& ctx);

// How to ask for a port first, as far as this server is known.
Command first_passive_command(const ControlConnection& control, const DataChannelSettings& settings,
                              const ServerKnowledge& server);

// Where to connect after this reply to EPSV or PASV. Errors: those of a refusal, protocol_error.
base::Result<net::SocketAddress> passive_address(const ControlConnection& control,
                                                 const DataChannelSettings& settings, ServerKnowledge& server,
                                                 const Reply& reply);

// For the first connection to a port that may never answer: leaves time to try another way.
base::OpContext impatient_about_ports(const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
