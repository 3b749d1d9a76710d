#pragma once

// Small tools for talking to OpenSSL.

#include <openssl/x509.h>

#include <string>

#include "ftpsfs/tls/policy.h"

namespace ftpsfs::tls {

// The reason of the oldest queued error of this thread, "unknown reason" when there is none; empties the queue.
std::string take_openssl_error();

Fingerprint fingerprint_of(const X509& certificate);

}  // namespace ftpsfs::tls
