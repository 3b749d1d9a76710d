#pragma once

#include <openssl/ssl.h>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/secret.h"
#include "ftpsfs/tls/policy.h"

namespace ftpsfs::tls {

// Loads the certificate that is shown to servers that ask for one, with its chain and key. Does nothing when the policy
// names none. Never prompts. Errors name the option.
base::Status load_client_identity(SSL_CTX& context, const Policy& policy, const base::Secret& key_passphrase);

}  // namespace ftpsfs::tls
