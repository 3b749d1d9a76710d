#pragma once

#include <openssl/ssl.h>

#include "ftpsfs/tls/handshake_info.h"

namespace ftpsfs::tls {

// What OpenSSL knows of a finished handshake; the rest (session_offered, client_certificate_asked) the stream adds.
HandshakeInfo describe_handshake(SSL& ssl);

}  // namespace ftpsfs::tls
