#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/remote_path.h"
#include "ftpsfs/net/dialer.h"
#include "ftpsfs/probe/report.h"

namespace ftpsfs::probe {

struct ProbeSettings {
  std::string source;         // for the report; never holds a password
  std::string given_options;  // for the report's command line, without quirks=
  std::string quirks;         // as ftp::apply_quirks takes them, and checked by it
  ftp::SessionSettings login;
  // For looks at the server with other TLS settings than login's; what opens the client's private key is its business.
  std::function<base::Result<std::shared_ptr<tls::Context>>(const tls::Policy&)> make_tls =
      [](const tls::Policy& policy) { return tls::Context::create(policy); };
  std::optional<model::RemotePath> folder;  // in the server's bytes; absent: the login directory
  bool server_speaks_utf8 = true;           // false: OPTS UTF8 ON would change its names

  // Also tries what changes something: in a new folder ".ftpsfs-probe-XXXXXXXX" below `folder`, which is removed in the
  // end whatever happens, by a connection of its own if need be.
  bool write = false;

  std::chrono::milliseconds step_timeout{10'000};  // one question to the server
  // How long a server gets to answer a TLS handshake on a data channel before the command: some do only after it.
  std::chrono::milliseconds early_handshake_wait{1'000};
  unsigned most_sessions = 8;      // tried at the same time, to find the server's limit
  unsigned most_connections = 40;  // in all
};

// Tries what a mount needs, step by step, and tells what it saw. Never fails as a whole: it goes as far as it gets, and
// each step that cannot be done is a finding. A connection that one step loses is replaced for the next. Bounded by
// `ctx` and by the time-outs above.
//
// The password is sent only over TLS that satisfies `login.tls`' policy (or when the user chose Security::none). Blocks.
Report run(const ProbeSettings& settings, net::Dialer& dialer, const base::OpContext& ctx);

}  // namespace ftpsfs::probe
