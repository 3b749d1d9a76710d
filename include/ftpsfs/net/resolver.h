#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/net/dialer.h"

namespace ftpsfs::net {

// All TCP addresses of `host`, in the order of getaddrinfo(3). Blocks until ctx's deadline or stop at most.
base::Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port,
                                                 const base::OpContext& ctx);

}  // namespace ftpsfs::net
