#pragma once

#include <memory>

#include "ftpsfs/app/options.h"
#include "ftpsfs/tls/context.h"

namespace ftpsfs::app {

// The TLS settings that the options ask for. Reads their files, the key's passphrase among them.
base::Result<std::shared_ptr<tls::Context>> make_tls_context(const Options& options);

}  // namespace ftpsfs::app
