#pragma once

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::remote {

// DELE and MKD, true also on servers that confirm what they have not done: FileZilla Server 1.x says 250 to DELE of what
// does not exist and 257 to MKD of what does, and so does ftp-srv, which also makes missing parents. The question that
// unmasks them travels with the command, or once before it, and is not asked of servers known to refuse.
// not_found and exists are certain; other refusals are as the server words them.
base::Status remove_file_on(ftp::Session& session, const model::RemotePath& path, const base::OpContext& ctx);
base::Status make_directory_on(ftp::Session& session, const model::RemotePath& path,
                               const base::OpContext& ctx);

}  // namespace ftpsfs::remote
