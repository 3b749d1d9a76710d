#pragma once

#include <openssl/ssl.h>

#include "ftpsfs/base/error.h"
#include "ftpsfs/tls/policy.h"

namespace ftpsfs::tls {

// Loads what the policy trusts: authorities and revocation list. Errors name the option.
base::Status load_trust(SSL_CTX& context, const Policy& policy);

}  // namespace ftpsfs::tls
