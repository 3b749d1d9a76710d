#pragma once

#include <memory>
#include <optional>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/tls/pin.h"

struct ssl_session_st;

namespace ftpsfs::tls {

struct SessionRelease {
  void operator()(ssl_session_st* session) const;
};
using SessionPtr = std::unique_ptr<ssl_session_st, SessionRelease>;

// What one control connection's TLS leaves for its data channels.
//
// Strict servers accept a data channel only if it resumes a session of its own control connection, so a keeper belongs
// to exactly one control connection and takes sessions from that one's SSL only: a ticket that arrives on a data
// channel would replace the one the server checks for (vsftpd then answers 522 to the second transfer).
//
// Every data channel gets a duplicate. OpenSSL marks an SSL_SESSION as not resumable after its first use under TLS 1.3
// (with a client session callback set), and after any SSL that used it was freed without a shutdown under TLS 1.2; the
// pristine original kept here never meets an SSL.
//
// Not thread safe: used by whoever uses its control connection.
class SessionKeeper {
 public:
  // The newest session of the control connection. Under TLS 1.3 it comes after the handshake with whatever is read
  // next, on FileZilla Server one before each EPSV reply.
  void remember(SessionPtr session) { newest_ = std::move(session); }

  bool has_session() const { return newest_ != nullptr; }

  // When the newest session's ticket ends (RFC 8446 section 4.6.1, RFC 5077 section 3.3); absent when the server has
  // not said, and for a session without a ticket.
  std::optional<base::SystemTime> usable_until() const;

  // A session for one data channel; null when the server gave none.
  SessionPtr duplicate() const;

  // The key-exchange group the control handshake ended with (an OpenSSL NID), 0 when unknown.
  int group() const { return group_; }
  void set_group(int group) { group_ = group; }

  // The control connection's certificate, which every data channel must show as well.
  const std::optional<Fingerprint>& certificate() const { return certificate_; }
  void set_certificate(const Fingerprint& certificate) { certificate_ = certificate; }

 private:
  SessionPtr newest_;
  int group_ = 0;
  std::optional<Fingerprint> certificate_;
};

}  // namespace ftpsfs::tls
