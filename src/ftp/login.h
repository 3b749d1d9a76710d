#pragma once

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/server_knowledge.h"
#include "ftpsfs/ftp/session.h"

namespace ftpsfs::ftp {

// The steps between a server's greeting and a session that can be used, in this order. After an error of any of them
// the connection is of no further use.

// AUTH TLS, then AUTH SSL where only that is known (the name in RFC 4217's drafts), then the handshake. Does nothing
// unless the settings ask for explicit TLS, and then never goes on in the clear: tls_refused says that nothing was
// sent. A server that answers the ClientHello in clear text is remembered as slow_to_secure: a further connection may
// succeed, because there the ClientHello comes a little later.
base::Status secure(ControlConnection& control, const SessionSettings& settings, ServerKnowledge& server,
                    tls::Resume resume, const base::OpContext& ctx);

// USER and PASS. too_many_sessions, login_refused or tls_refused by the server's words.
base::Status log_in(ControlConnection& control, const SessionSettings& settings, const base::OpContext& ctx);

// Image type, protection of data channels, features (asked for once per mount), UTF-8 names.
base::Status set_up(ControlConnection& control, const SessionSettings& settings, ServerKnowledge& server,
                    const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
