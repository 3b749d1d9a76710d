#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// Fills the span with the file's bytes from an offset. Local I/O only.
using ReadAt = std::function<base::Status(std::uint64_t offset, std::span<std::byte> out)>;

// Stores `size` bytes as `path` with STOR. Success only after the final reply and when the server's SIZE (or MLST)
// agrees; returns the file's attributes after it. The deadline is renewed while data moves. After a failure the file on
// the server may be empty or half: whoever calls keeps the content and stores it again.
base::Result<model::Attributes> upload(Session& session, const model::RemotePath& path, std::uint64_t size,
                                       const ReadAt& read_at, const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
