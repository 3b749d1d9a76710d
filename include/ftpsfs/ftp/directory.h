#pragma once

#include <string>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/listing.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// All entries of a directory: MLSD, or on servers without it CWD and LIST (with -a where that works; STAT on vsftpd), made
// exact by MDTM and SIZE in as few round trips as the server allows, since LIST shows minutes or days and nobody should
// ever see a file with two different times.
// A listing that the server says it has cut short is not complete. MLSD that shows nothing where LIST shows something
// (Serv-U) is not used again.
// The deadline is renewed while entries arrive. A refusal whose words leave the reason open is followed by a look at
// the path, so that not_found, not_a_directory and permission_denied are true.
base::Result<model::Listing> read_directory(Session& session, const model::RemotePath& directory,
                                            const base::OpContext& ctx);

// The same, with a refusal as the server words it.
base::Result<model::Listing> read_directory_plainly(Session& session, const model::RemotePath& directory,
                                                    const base::OpContext& ctx);

// The listing that `path` is in, likewise, for whoever wants to know of `path` alone: the times of other files may be those
// of LIST where that saves round trips.
base::Result<model::Listing> read_directory_of(Session& session, const model::RemotePath& path,
                                               const base::OpContext& ctx);

// Where a symlink points, from the `name -> target` of a LIST line: MLSD on ProFTPD and Pure-FTPd shows that there is a
// link, not its target. not_supported when LIST does not tell either, not_found when there is no such entry.
base::Result<std::string> read_link_target(Session& session, const model::RemotePath& link,
                                           const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
