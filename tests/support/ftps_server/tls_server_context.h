#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "counters.h"
#include "openssl_ptr.h"
#include "personality.h"
#include "tls_material.h"

namespace ftpsfs::testing {

// What the TLS callbacks know about one connection. Must outlive its SSL object.
struct TlsPeer {
  std::string owner;  // names the control connection; written into every ticket issued for it
  bool refuse_resumption = false;
  std::string resumed_owner;      // the owner in the ticket that was resumed, empty if there was none
  bool only_own_tickets = false;  // those of other owners do not resume
  bool of_data = false;           // its tickets do not count as descending from the control connection
  bool abort_resumption = false;  // an alert for whoever tries
  bool aborting = false;          // somebody has tried
};

// ALPN of FileZilla Server 1.x: the first on the control connection obliges to the second on data channels.
inline constexpr std::string_view kFilezillaProtocol = "x-filezilla-ftp";
inline constexpr std::string_view kFilezillaDataProtocol = "ftp-data";

// The protocol that ALPN has settled, "" if none.
std::string_view selected_protocol(const SSL* ssl);

// One SSL_CTX for the control and data connections of a server. Thread-safe after construction.
//
// Proof of descent: every session made or renewed here carries the owner of its control connection as ticket
// application data (it is stored inside the encrypted ticket or the cached session, so a client cannot forge
// it); TLS 1.2 sessions are compared by master secret as well, since a resumed one keeps it.
class TlsServerContext {
 public:
  TlsServerContext(const TlsMaterial& material, const TlsPolicy& policy, Counters& counters);

  [[nodiscard]] SslPtr make_control(int fd, TlsPeer& peer) const;
  [[nodiscard]] SslPtr make_data(int fd, TlsPeer& peer) const;

  // To be called once after a handshake.
  static void note_resumption(SSL* ssl);
  // Whether a resumed data connection descends from the control connection itself.
  [[nodiscard]] static bool descends(SSL* data, SSL* control);

  [[nodiscard]] bool ticket_per_passive() const { return ticket_per_passive_; }

 private:
  [[nodiscard]] SslPtr make(int fd, TlsPeer& peer, unsigned tickets) const;

  SslCtxPtr context_;
  std::shared_ptr<const TlsMaterial> data_certificate_;
  unsigned control_tickets_;
  unsigned data_tickets_;
  bool ticket_per_passive_;
  bool own_ticket_keys_;
  bool aborts_resumed_control_;
};

}  // namespace ftpsfs::testing
