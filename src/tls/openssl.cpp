#include "openssl.h"

#include <openssl/err.h>
#include <openssl/evp.h>

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
  X509_digest(&certificate, EVP_sha256(), reinterpret_cast<unsigned char*>(fingerprint.data()),
              &length);  // NOLINT
  return fingerprint;
}

}  // namespace ftpsfs::tls
