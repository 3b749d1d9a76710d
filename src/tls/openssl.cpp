#include "openssl.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>

namespace ftpsfs::tls {

std::string take_openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

Fingerprint fingerprint_of(const X509& certificate) {
  Fingerprint fingerprint{};
  unsigned length = 0;
  auto* const out = reinterpret_cast<unsigned char*>(fingerprint.data());  // NOLINT: OpenSSL's idea of bytes
  X509_digest(&certificate, EVP_sha256(), out, &length);
  return fingerprint;
}

Fingerprint key_fingerprint_of(const X509& certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &der);
  Fingerprint fingerprint{};
  if (length > 0) {
    EVP_Digest(der, static_cast<std::size_t>(length), reinterpret_cast<unsigned char*>(fingerprint.data()),
               nullptr, EVP_sha256(), nullptr);
  }
  OPENSSL_free(der);
  return fingerprint;
}

bool matches(const std::vector<Pin>& pins, const X509& certificate) {
  const Fingerprint own = fingerprint_of(certificate);
  const Fingerprint key = key_fingerprint_of(certificate);
  return std::ranges::any_of(
      pins, [&](const Pin& pin) { return pin.value == (pin.of == Pin::Of::public_key ? key : own); });
}

std::optional<std::string> explain_verification(long result) {
  if (result == X509_V_OK) return std::nullopt;
  switch (result) {
    case X509_V_ERR_CERT_REVOKED: return "it has been revoked, says the list in crl_file=";
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return "the revocation list in crl_file= has expired and may lack newer entries: fetch the present one";
    case X509_V_ERR_UNABLE_TO_GET_CRL: return "crl_file= holds no revocation list of its issuer";
    default: return X509_verify_cert_error_string(result);
  }
}

}  // namespace ftpsfs::tls
