#include "session_store.h"

#include <openssl/ssl.h>

#include "certificate_info.h"
#include "openssl.h"

namespace ftpsfs::tls {

std::optional<base::SystemTime> usable_until(const SSL_SESSION& session) {
  const auto hint = SSL_SESSION_get_ticket_lifetime_hint(&session);
  const bool hinted = hint > 0 || SSL_SESSION_get_protocol_version(&session) >= TLS1_3_VERSION;
  if (SSL_SESSION_has_ticket(&session) == 0 || !hinted) return std::nullopt;
  const std::chrono::sys_seconds received{std::chrono::seconds{SSL_SESSION_get_time(&session)}};
  return received + std::chrono::seconds{hint};
}

void SessionStore::remember(const std::string& host, SessionPtr session) {
  const base::MutexLock lock(mutex_);
  host_ = host;
  newest_ = std::move(session);
}

SessionPtr SessionStore::duplicate(const std::string& host, base::SystemTime now) {
  const base::MutexLock lock(mutex_);
  if (!newest_ || host_ != host) return nullptr;
  if (!acceptable(*newest_, now)) newest_.reset();
  return newest_ ? SessionPtr(SSL_SESSION_dup(newest_.get())) : nullptr;
}

void SessionStore::forget() {
  const base::MutexLock lock(mutex_);
  newest_.reset();
}

bool SessionStore::acceptable(const SSL_SESSION& session, base::SystemTime now) const {
  if (SSL_SESSION_is_resumable(&session) == 0) return false;
  if (const auto end = usable_until(session); end && *end <= now) return false;
  // OpenSSL's accessor takes no const session and changes nothing.
  const X509* certificate = SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(&session));
  if (certificate == nullptr) return false;
  if (!policy_.pins.empty()) return matches(policy_.pins, *certificate);
  // Only a full handshake notices that the list has expired; each resumption would bring a new ticket, without end.
  if (!policy_.crl_file.empty()) return false;
  return !policy_.verify || now < to_system_time(*X509_get0_notAfter(certificate));
}

}  // namespace ftpsfs::tls
