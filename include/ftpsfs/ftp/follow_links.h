#pragma once

#include <span>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

struct LinkToFollow {
  model::RemotePath path;
  model::Attributes* attributes = nullptr;
};

// Gives each symlink the type, size and time of what it points to, as the server resolves it: SIZE, MDTM and CWD follow
// links on every server. Two batches whatever their number. What is neither file nor directory, or not there, stays a
// symlink.
base::Status follow_links(Session& session, std::span<const LinkToFollow> links, const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
