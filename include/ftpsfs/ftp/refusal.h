#pragma once

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// A 550 often means anything from "missing" to "not yours". Looks at the path and returns the error that fits what is
// there. `error` comes back unchanged when looking tells nothing, or when its code is not one of the doubtful ones.
base::Error explain_refusal(Session& session, Command::Kind kind, const model::RemotePath& path,
                            base::Error error, const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
