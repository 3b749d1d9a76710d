#include "peer_check.h"

#include <fmt/format.h>

#include "openssl.h"

namespace ftpsfs::tls {

PeerCheck::PeerCheck(const Policy& policy, std::string host, std::optional<Fingerprint> required)
    : policy_(policy), host_(std::move(host)), required_(required) {}

int PeerCheck::verify(X509_STORE_CTX& chain) {
  const X509* certificate = X509_STORE_CTX_get0_cert(&chain);
  if (certificate == nullptr) {
    refusal_ = base::Error{base::Errc::tls_untrusted, fmt::format("{} showed no certificate", host_), {}};
    return 0;
  }
  seen_ = fingerprint_of(*certificate);
  // For whoever asks later, also where the policy does not: the result stays in the session.
  if (X509_verify_cert(&chain) != 1 && X509_STORE_CTX_get_error(&chain) == X509_V_OK) {
    X509_STORE_CTX_set_error(&chain, X509_V_ERR_UNSPECIFIED);
  }
  const auto reason = objection(X509_STORE_CTX_get_error(&chain));
  if (!reason) return 1;
  refusal_ = base::Error{base::Errc::tls_untrusted,
                         fmt::format("the certificate of {} is not trusted: {}. Its fingerprint is {}. {}",
                                     host_, *reason, to_string(*seen_), remedy()),
                         {}};
  return 0;
}

std::string PeerCheck::remedy() const {
  if (required_) return "A data channel must show the control connection's certificate";
  if (policy_.pin) {
    return fmt::format(
        "Somebody may be between you and the server. Only if its operator confirms the new certificate, "
        "use -o tls_pin={}",
        to_string(*seen_));
  }
  return fmt::format(
      "If the server's operator confirms that it is theirs, add -o tls_pin={} (or, for a private CA, -o "
      "ca_file=FILE)",
      to_string(*seen_));
}

std::optional<std::string> PeerCheck::objection(int verification) const {
  if (required_ && seen_ != required_) return "it is not the one that the control connection showed";
  if (policy_.pin) {
    if (seen_ == policy_.pin) return std::nullopt;
    return fmt::format("it is not the pinned one ({})", to_string(*policy_.pin));
  }
  if (!policy_.verify) return std::nullopt;
  return explain_verification(verification);
}

}  // namespace ftpsfs::tls
