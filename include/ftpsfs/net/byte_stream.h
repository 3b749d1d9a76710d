#pragma once

#include <cstddef>
#include <span>

#include "ftpsfs/base/error.h"

namespace ftpsfs::net {

enum class IoState {
  done,           // made progress: `bytes` were moved, or the step is complete
  want_read,      // nothing happened; try again when the descriptor is readable
  want_write,     // nothing happened; try again when the descriptor is writable
  end_of_stream,  // the peer will send nothing more
};

struct IoStep {
  IoState state = IoState::done;
  std::size_t bytes = 0;
};

// Seam: a connected, ordered stream of bytes (TCP, TLS over it, or a test's). No call blocks; net::wait and the helpers
// in net/blocking.h wait between tries. Not thread safe. Destruction closes the descriptor without ceremony.
// Errors: connection_lost, and for TLS also tls_refused, tls_untrusted, protocol_error.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  virtual base::Result<IoStep> try_read(std::span<std::byte> out) = 0;
  virtual base::Result<IoStep> try_write(std::span<const std::byte> data) = 0;

  // Tells the peer that we send nothing more: close_notify where there is TLS, then the TCP half close. Repeat until
  // `done`. Reading stays possible.
  virtual base::Result<IoStep> try_finish_writing() = 0;

  // Closes at once and makes the peer see a reset (SO_LINGER 0) instead of an orderly end.
  virtual void reset() = 0;

  // The descriptor to poll; -1 after `reset`.
  virtual int descriptor() const = 0;
};

}  // namespace ftpsfs::net
