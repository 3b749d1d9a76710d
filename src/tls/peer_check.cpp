#include "peer_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <vector>

#include "certificate_info.h"
#include "openssl.h"

namespace ftpsfs::tls {
namespace {

bool is_wrong_name(int verification) {
  return verification == X509_V_ERR_HOSTNAME_MISMATCH || verification == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

// The server chooses how many there are, and they must not crowd out the rest of the sentence.
std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  if (names.empty()) return "no name";
  const auto shown = std::span(names).first(std::min(names.size(), kShown));
  const std::string list = base::printable(fmt::format("{}", fmt::join(shown, ", ")), 300);
  const std::size_t more = names.size() - shown.size();
  return more == 0 ? list : fmt::format("{} and {} more", list, more);
}

std::string list_of(const std::vector<Pin>& pins) {
  std::vector<std::string> texts;
  for (const Pin& pin : pins) texts.push_back(to_string(pin));
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

PeerCheck::PeerCheck(const Policy& policy, std::string host, std::optional<Fingerprint> required)
    : policy_(policy), host_(std::move(host)), required_(required) {}

int PeerCheck::verify(X509_STORE_CTX& chain) {
  const X509* certificate = X509_STORE_CTX_get0_cert(&chain);
  if (certificate == nullptr) {
    refusal_ = base::Error{base::Errc::tls_untrusted, fmt::format("{} showed no certificate", host_), {}};
    return 0;
  }
  // For whoever asks later, also where the policy does not: the result stays in the session.
  if (X509_verify_cert(&chain) != 1 && X509_STORE_CTX_get_error(&chain) == X509_V_OK) {
    X509_STORE_CTX_set_error(&chain, X509_V_ERR_UNSPECIFIED);
  }
  const auto reason = objection(*certificate, X509_STORE_CTX_get_error(&chain));
  if (!reason) return 1;
  refusal_ = base::Error{
      base::Errc::tls_untrusted,
      fmt::format("the certificate of {} is not trusted: {}. Its fingerprint is {}, its key's {}. {}", host_,
                  *reason, to_string(fingerprint_of(*certificate)),
                  to_string(Pin{Pin::Of::public_key, key_fingerprint_of(*certificate)}),
                  remedy(*certificate)),
      {}};
  return 0;
}

std::string PeerCheck::remedy(const X509& certificate) const {
  if (required_) return "A data channel must show the control connection's certificate";
  const std::string fingerprint = to_string(fingerprint_of(certificate));
  if (!policy_.pins.empty()) {
    return fmt::format(
        "Somebody may be between you and the server. Only if its operator confirms the new certificate, "
        "use -o tls_pin={}",
        fingerprint);
  }
  return fmt::format(
      "If the server's operator confirms that it is theirs, add -o tls_pin={} (or, for a private CA, -o "
      "ca_file=FILE)",
      fingerprint);
}

std::optional<std::string> PeerCheck::objection(const X509& certificate, int verification) const {
  if (required_ && fingerprint_of(certificate) != required_) {
    return "it is not the one that the control connection showed";
  }
  if (!policy_.pins.empty()) {
    if (matches(policy_.pins, certificate)) return std::nullopt;
    return fmt::format("it is not the pinned one ({})", list_of(policy_.pins));
  }
  if (!policy_.verify) return std::nullopt;
  auto reason = explain_verification(verification);
  if (is_wrong_name(verification)) *reason += fmt::format(" (it is for {})", list_of(names_of(certificate)));
  return reason;
}

}  // namespace ftpsfs::tls
