#pragma once

// Setters of the options about how connections are made.

#include <string_view>

#include "ftpsfs/app/options.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

base::Status set_quirks(Options& options, std::string_view text);
base::Status set_tls_data(Options& options, std::string_view text);
base::Status set_pasv_address(Options& options, std::string_view text);
base::Status set_active(Options& options, std::string_view none);
base::Status set_active_ports(Options& options, std::string_view text);
base::Status set_active_address(Options& options, std::string_view text);
base::Status set_rate_limit(Options& options, std::string_view text);
base::Status set_bind_address(Options& options, std::string_view text);

// What only the whole tells: active_ports and active_address need active.
base::Status check_connection_options(const Options& options);

}  // namespace ftpsfs::app
