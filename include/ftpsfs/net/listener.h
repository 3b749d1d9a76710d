#pragma once

#include <cstdint>
#include <memory>

#include "ftpsfs/base/error.h"
#include "ftpsfs/net/byte_stream.h"
#include "ftpsfs/net/socket_address.h"

namespace ftpsfs::net {

// Ports from `first` to `last`, both included; both 0: whichever the system gives.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

// Waits at a local port for one peer. The few connections that may queue there come from anybody; those that are not
// from the peer's address are closed and logged. Not thread safe. Destruction closes the port.
class Listener {
 public:
  virtual ~Listener() = default;

  virtual SocketAddress local() const = 0;

  // The peer's connection if it has come, null otherwise. Does not block. Errors: internal.
  virtual base::Result<std::unique_ptr<ByteStream>> try_accept() = 0;

  // Readable when `try_accept` may have something.
  virtual int descriptor() const = 0;
};

}  // namespace ftpsfs::net
