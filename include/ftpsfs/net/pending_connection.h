#pragma once

#include <memory>

#include "ftpsfs/base/error.h"
#include "ftpsfs/net/byte_stream.h"

namespace ftpsfs::net {

// A connection that is being made. Not thread safe. Destruction gives it up.
class PendingConnection {
 public:
  virtual ~PendingConnection() = default;

  // The connection once it stands, null before. Does not block; not to be called again after a stream or an error.
  // Errors: unreachable, busy (Dialer).
  virtual base::Result<std::unique_ptr<ByteStream>> try_finish() = 0;

  // Writable when `try_finish` has something to tell.
  virtual int descriptor() const = 0;
};

}  // namespace ftpsfs::net
