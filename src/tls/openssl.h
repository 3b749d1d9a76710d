#pragma once

// Small tools for talking to OpenSSL.

#include <openssl/x509.h>

#include <optional>
#include <string>
#include <vector>

#include "ftpsfs/tls/pin.h"

namespace ftpsfs::tls {

// The reason of the oldest queued error of this thread, "unknown reason" when there is none; empties the queue.
std::string take_openssl_error();

Fingerprint fingerprint_of(const X509& certificate);

// SHA-256 of the SubjectPublicKeyInfo: what stays when a certificate is renewed with its key (RFC 7469 section 2.4).
Fingerprint key_fingerprint_of(const X509& certificate);

// Whether it is one of those that are pinned.
bool matches(const std::vector<Pin>& pins, const X509& certificate);

// What X509_verify_cert said, for people; absent for X509_V_OK.
std::optional<std::string> explain_verification(long result);

}  // namespace ftpsfs::tls
