#pragma once

#include <memory>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/reply.h"
#include "ftpsfs/ftp/server_knowledge.h"

namespace ftpsfs::ftp {

// Whether the reply to AUTH is a yes: 234, any other 2yz, or the 334 that some servers of before RFC 4217 give to AUTH SSL.
bool agrees_to_tls(const Reply& reply);

// ControlConnection::start_tls, at once, or a little later where the server is known as slow_to_secure. A server that
// answers the ClientHello in clear text (tls_refused) is remembered as that: it may succeed on a new connection.
base::Status start_tls(ControlConnection& control, const std::shared_ptr<tls::Context>& tls,
                       ServerKnowledge& server, tls::Resume resume, const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
