#pragma once

// How OpenSSL's callbacks, which are set on the context, reach the stream they are about.

#include <openssl/ssl.h>

namespace ftpsfs::tls {

// New-session callback: 0, for the session remains OpenSSL's; only copies of it are kept.
int keep_new_session(SSL* ssl, SSL_SESSION* session);

// Certificate-verify callback: 1 when the peer is accepted.
int check_peer(X509_STORE_CTX* chain);

// Client-certificate callback, which a server that asks for one sets off: 1 to go on with what the context holds.
int note_certificate_request(SSL* ssl);

}  // namespace ftpsfs::tls
