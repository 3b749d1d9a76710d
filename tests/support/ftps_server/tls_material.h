#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "openssl_ptr.h"

namespace ftpsfs::testing {

enum class KeyKind { p256, rsa2048 };

class TlsMaterial;

struct CertificateSpec {
  KeyKind kind = KeyKind::p256;
  std::string common_name = "localhost";
  std::string names = "DNS:localhost,IP:127.0.0.1";  // subjectAltName as openssl.cnf writes it
  std::chrono::hours starts{-24};                    // from now
  std::chrono::hours ends{24 * 3650};
  std::shared_ptr<const TlsMaterial> issuer = nullptr;  // null: itself
  std::shared_ptr<const TlsMaterial> key_of = nullptr;  // null: a fresh key
};

// A key and its certificate, in memory only; by default self-signed and for localhost. Immutable after construction, so it may be shared between servers and threads. Throws on an OpenSSL
// failure.
class TlsMaterial {
 public:
  explicit TlsMaterial(KeyKind kind = KeyKind::p256);
  explicit TlsMaterial(const CertificateSpec& spec);

  [[nodiscard]] X509* certificate() const { return certificate_.get(); }
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }
  [[nodiscard]] const std::string& certificate_pem() const { return certificate_pem_; }
  // Lower-case hexadecimal SHA-256 of the DER form, without separators.
  [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
  // The same of its SubjectPublicKeyInfo.
  [[nodiscard]] const std::string& key_fingerprint() const { return key_fingerprint_; }
  void write_certificate(const std::filesystem::path& file) const;

 private:
  EvpKeyPtr key_;
  X509Ptr certificate_;
  std::string certificate_pem_;
  std::string fingerprint_;
  std::string key_fingerprint_;
};

}  // namespace ftpsfs::testing
