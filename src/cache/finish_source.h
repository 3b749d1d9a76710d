#pragma once

#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::cache {

// Of a source whose bytes are all here: waits for the end of its transfer, so that the session's next user need not.
inline void finish(remote::ByteSource& source, const base::OpContext& ctx) {
  std::byte beyond{};
  (void)source.read({&beyond, 1}, ctx);
}

}  // namespace ftpsfs::cache
