#pragma once

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/listing.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// Makes exact what LIST leaves vague: asks MDTM for files with times to the minute or day, and SIZE for files without a
// size (VMS counts blocks), all in one batch. The times that stay vague are put from the server's zone into UTC: the
// one that the user named, or the one that the first file with both times has shown for this server.
base::Status make_exact(Session& session, const model::RemotePath& directory, model::Listing& entries,
                        const base::OpContext& ctx);

// The same for the entry of one file, where this is the answer to its MDTM; the other files' times stay vague.
void make_exact(Session& session, const model::RemotePath& file, model::Listing& entries,
                const Reply& answer);

}  // namespace ftpsfs::ftp
