#pragma once

#include <filesystem>
#include <string>

#include "openssl_ptr.h"

namespace ftpsfs::testing {

enum class KeyKind { p256, rsa2048 };

// A fresh key and a self-signed certificate (CN=localhost, SAN DNS:localhost and IP:127.0.0.1), in memory
// only. Immutable after construction, so it may be shared between servers and threads. Throws on an OpenSSL
// failure.
class TlsMaterial {
 public:
  explicit TlsMaterial(KeyKind kind = KeyKind::p256);

  [[nodiscard]] X509* certificate() const { return certificate_.get(); }
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }
  [[nodiscard]] const std::string& certificate_pem() const { return certificate_pem_; }
  // Lower-case hexadecimal SHA-256 of the DER form, without separators.
  [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
  void write_certificate(const std::filesystem::path& file) const;

 private:
  EvpKeyPtr key_;
  X509Ptr certificate_;
  std::string certificate_pem_;
  std::string fingerprint_;
};

}  // namespace ftpsfs::testing
