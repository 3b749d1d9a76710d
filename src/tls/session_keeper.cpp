#include "ftpsfs/tls/session_keeper.h"

#include <openssl/ssl.h>

namespace ftpsfs::tls {

void SessionRelease::operator()(ssl_session_st* session) const { SSL_SESSION_free(session); }

SessionPtr SessionKeeper::duplicate() const {
  return newest_ ? SessionPtr(SSL_SESSION_dup(newest_.get())) : nullptr;
}

}  // namespace ftpsfs::tls
