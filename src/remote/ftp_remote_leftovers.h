#pragma once

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/listing.h"
#include "ftpsfs/model/remote_path.h"
#include "temporary_files.h"

namespace ftpsfs::remote {

// Removes one of this mount's own. Where the session gets lost over it, it is abandoned to whoever comes next.
void remove_temporary(ftp::Session& session, TemporaryFiles& temporaries, const model::RemotePath& path,
                      const base::OpContext& ctx);

// Removes from `folder`, whose listing this is, uploads that this mount could not remove earlier and such that mounts
// have left which ended for good, a bounded number at a time and in one flight. What the server then has no more is
// taken out of the listing. Failures are nobody's concern: the next listing tries again.
void remove_left_over(ftp::Session& session, TemporaryFiles& temporaries, model::Listing& entries,
                      const model::RemotePath& folder, const base::OpContext& ctx);

}  // namespace ftpsfs::remote
