#include "ftpsfs/tls/session_keeper.h"

#include <openssl/ssl.h>

#include "session_store.h"

namespace ftpsfs::tls {

void SessionRelease::operator()(ssl_session_st* session) const { SSL_SESSION_free(session); }

std::optional<base::SystemTime> SessionKeeper::usable_until() const {
  return newest_ ? tls::usable_until(*newest_) : std::nullopt;
}

SessionPtr SessionKeeper::duplicate() const {
  return newest_ ? SessionPtr(SSL_SESSION_dup(newest_.get())) : nullptr;
}

}  // namespace ftpsfs::tls
