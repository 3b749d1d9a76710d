#pragma once

#include <optional>
#include <vector>

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

// What is asked and demanded of a server that has let us in: image type, protection of data channels, features (asked for
// once per mount, with PWD), and UTF-8 names if features are known already.
struct SetUp {
  std::vector<Command> questions;
  std::size_t demanded = 0;  // the first of them
  bool first_login = false;
  std::vector<Reply> answers;  // as long as the questions, or none
};
SetUp plan_set_up(const SessionSettings& settings, const ServerKnowledge& server);

// USER and PASS, in one flight where that is allowed and nothing travels in the clear: otherwise the password waits until
// the server has asked for it. The questions of `set_up` go with them on servers that are known to work on one command
// after the other, and wait for set_up() on others. too_many_sessions, login_refused or tls_refused by the server's words.
base::Status log_in(ControlConnection& control, const SessionSettings& settings, SetUp& set_up,
                    Boldness& boldness, const base::OpContext& ctx);

// Asks what log_in() has not, or what the server has refused because it came before its consent, and learns from the
// answers. Gives the reply to PWD, of the first login.
base::Result<std::optional<Reply>> set_up(ControlConnection& control, const SessionSettings& settings,
                                          ServerKnowledge& server, SetUp plan, const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
