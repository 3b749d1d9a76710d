#pragma once

// The options about TLS: what is asked of the server's certificate, what is shown to it, and with which means.

#include <span>

#include "option_table.h"

namespace ftpsfs::app {

std::span<const OptionSpec> tls_option_table();

}  // namespace ftpsfs::app
