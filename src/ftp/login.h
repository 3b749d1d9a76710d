#pragma once

#include <optional>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/server_knowledge.h"
#include "ftpsfs/ftp/session.h"

namespace ftpsfs::ftp {

// The steps between a server's greeting and a session that can be used, in this order. After an error of any of them
// the connection is of no further use.

// How much is sent before the reply that allows it. A server that minds may fall silent or hang up.
struct Boldness {
  bool allowed = false;
  bool on_trial = false;  // out: the last step failed, and it was a bold one
};

// AUTH TLS, then AUTH SSL where only that is known (the name in RFC 4217's drafts), then the handshake. Does nothing
// unless the settings ask for explicit TLS, and then never goes on in the clear: tls_refused says that nothing was
// sent. A server that answers the ClientHello in clear text is remembered as slow_to_secure: a further connection may
// succeed, because there the ClientHello comes a little later.
base::Status secure(ControlConnection& control, const SessionSettings& settings, ServerKnowledge& server,
                    tls::Resume resume, Boldness& boldness, const base::OpContext& ctx);

// USER and PASS, in one flight where that is allowed and nothing travels in the clear: otherwise the password waits
// until the server has asked for it. too_many_sessions, login_refused or tls_refused by the server's words. Gives what
// FEAT in the same flight has told, when that is not known yet and the server answers it so early.
base::Result<std::optional<Capabilities>> log_in(ControlConnection& control, const SessionSettings& settings,
                                                 const ServerKnowledge& server, Boldness& boldness,
                                                 const base::OpContext& ctx);

// Image type, protection of data channels, features (asked for once per mount), UTF-8 names; all in one flight if
// `foreseen` tells what FEAT will. Gives the reply to PWD, of the first login.
base::Result<std::optional<Reply>> set_up(ControlConnection& control, const SessionSettings& settings,
                                          ServerKnowledge& server,
                                          const std::optional<Capabilities>& foreseen,
                                          const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
