#pragma once

#include <string>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/mutex.h"
#include "ftpsfs/tls/policy.h"
#include "ftpsfs/tls/session_keeper.h"

namespace ftpsfs::tls {

// When a session's ticket ends; absent when the server has not said (RFC 5077 section 3.3: a hint of 0 under TLS 1.2,
// or no ticket at all).
std::optional<base::SystemTime> usable_until(const ssl_session_st& session);

// The newest session of any control connection of one server, for its next control connection. Thread safe.
//
// Whoever resumes a session inherits its verification, so it is offered only for the name that was verified, only with
// its certificate in it, only while that certificate would still be accepted, and never where a revocation list decides.
class SessionStore {
 public:
  explicit SessionStore(const Policy& policy) : policy_(policy) {}

  // `session` must never meet an SSL; the reference is shared, and only duplicates are handed out.
  void remember(const std::string& host, SessionPtr session) FTPSFS_EXCLUDES(mutex_);

  // A session to offer to `host`; null when there is none that may be.
  SessionPtr duplicate(const std::string& host, base::SystemTime now) FTPSFS_EXCLUDES(mutex_);

  void forget() FTPSFS_EXCLUDES(mutex_);

 private:
  bool acceptable(const ssl_session_st& session, base::SystemTime now) const;

  const Policy& policy_;
  base::Mutex mutex_;
  std::string host_ FTPSFS_GUARDED_BY(mutex_);
  SessionPtr newest_ FTPSFS_GUARDED_BY(mutex_);
};

}  // namespace ftpsfs::tls
