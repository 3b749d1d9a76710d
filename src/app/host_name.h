#pragma once

#include <string_view>

#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

// Whether this can be the name or IPv4 address of a host. In particular it does not begin with '-', so that no program
// that is ever given it takes it for an option (CVE-2026-48711).
base::Status check_host_name(std::string_view host);

// Whether this is an IPv6 address, with or without a zone ("fe80::1%eth0").
base::Status check_ipv6_address(std::string_view address);

}  // namespace ftpsfs::app
