#pragma once

#include <openssl/x509.h>

#include "ftpsfs/tls/handshake_info.h"

namespace ftpsfs::tls {

CertificateInfo describe(X509& certificate);

// The DNS names and addresses it is for (subjectAltName); the subject's common name does not count.
std::vector<std::string> names_of(const X509& certificate);

// A time beyond what SystemTime can hold (99991231235959Z, "never ends") becomes its nearest end.
base::SystemTime to_system_time(const ASN1_TIME& time);

}  // namespace ftpsfs::tls
