#pragma once

#include <openssl/x509.h>

#include <optional>
#include <string>

#include "ftpsfs/base/error.h"
#include "ftpsfs/tls/policy.h"

namespace ftpsfs::tls {

// Judges the certificate of one handshake. OpenSSL asks through `verify` in the middle of a full handshake; a resumed
// one shows no certificate and inherits the judgement of the handshake it resumes.
class PeerCheck {
 public:
  // `required` is the certificate a data channel must show: its control connection's. `policy` must outlive the check.
  PeerCheck(const Policy& policy, std::string host, std::optional<Fingerprint> required);

  // 1 to go on, 0 to end the handshake with an alert.
  int verify(X509_STORE_CTX& chain);

  // Set when `verify` said no.
  const std::optional<base::Error>& refusal() const { return refusal_; }

 private:
  std::optional<std::string> objection(const X509& certificate, int verification) const;
  std::string remedy(const X509& certificate) const;

  const Policy& policy_;
  std::string host_;
  std::optional<Fingerprint> required_;
  std::optional<base::Error> refusal_;
};

}  // namespace ftpsfs::tls
