#pragma once

#include <cstdint>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// Sets a modification time with the first of MFMT, MFF, MDTM with two arguments (vsftpd, IIS) and SITE UTIME in its two
// forms (ProFTPD, Pure-FTPd) that the server has; what it lacks is remembered. not_supported when none does it for this path (vsftpd: directories).
base::Status set_modified(Session& session, const model::RemotePath& path, base::SystemTime modified,
                          const base::OpContext& ctx);

// SITE CHMOD. not_supported when the server lacks it.
base::Status set_mode(Session& session, const model::RemotePath& path, std::uint32_t mode,
                      const base::OpContext& ctx);

// SITE SYMLINK, with paths as the server has them. not_permitted for names with blanks, which it cannot carry;
// not_supported when the server lacks it.
base::Status make_symlink(Session& session, const model::RemotePath& target, const model::RemotePath& link,
                          const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
