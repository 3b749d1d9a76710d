#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/tls/pin.h"

namespace ftpsfs::tls {

// What a certificate says of itself; text from outside, not yet made printable.
struct CertificateInfo {
  std::string subject;             // RFC 2253: "CN=ftp.example.org,O=Example"
  std::string issuer;              // the same form
  std::vector<std::string> names;  // subjectAltName: DNS names and addresses
  base::SystemTime not_before;
  base::SystemTime not_after;
  std::string key;            // "RSA 2048", "EC P-256", "ED25519"
  Fingerprint fingerprint{};  // SHA-256 of the certificate
  Fingerprint public_key{};   // SHA-256 of its SubjectPublicKeyInfo
  bool self_signed = false;
};

// What a finished handshake agreed on. A value, for reports and the log.
struct HandshakeInfo {
  std::string version;  // "TLSv1.3"
  std::string cipher;   // "TLS_AES_256_GCM_SHA384"
  std::string group;    // "x25519"; empty when unknown
  std::string alpn;     // empty when none was agreed
  bool session_offered = false;
  bool resumed = false;
  bool client_certificate_asked = false;
  // As the server sent it, its own first; of a resumed handshake: what its session keeps of them.
  std::vector<CertificateInfo> chain;
  // What verification of chain and name would say, whether or not the policy asks for it; absent: all is well. Of
  // a resumed handshake: what it said of the certificate at the time.
  std::optional<std::string> objection;
};

}  // namespace ftpsfs::tls
