#pragma once

#include <span>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::remote {

// RNFR and RNTO. Where RNTO does not replace (IIS, FileZilla Server 0.9, ProFTPD without AllowOverwrite, Apache MINA),
// the target is removed first if rename(2) would replace it: a file by a file, an empty directory by a directory. That
// is not atomic: for a moment nothing has the target's name, and if the rename then fails, the error says that the target
// is gone. Never done where source and target might be the same file under two names: without MLST's "unique", files of
// two directories with the same size and time are taken for one, and the server's refusal stands.
base::Status rename_on(ftp::Session& session, const model::RemotePath& from, const model::RemotePath& to,
                       const base::OpContext& ctx);

// RNFR and RNTO as they are, for a flight with other commands, whether the replies to these two mean success, and what
// their refusal means.
std::vector<ftp::Command> rename_commands(const model::RemotePath& from, const model::RemotePath& to);
bool renamed(std::span<const ftp::Reply> replies);
base::Error refusal_of_rename(std::span<const ftp::Command> commands, std::span<const ftp::Reply> replies);

// RNFR and RNTO, and once more after a refusal that may pass.
base::Result<std::vector<ftp::Reply>> ask_to_rename(ftp::Session& session, const model::RemotePath& from,
                                                    const model::RemotePath& to, const base::OpContext& ctx);

// Whether RNTO may have been refused because something has the target's name. ProFTPD uses the same words for a lack of
// rights, and 553 stands for several things, too: then a second rename fails like the first. Everything vaguer is no
// reason to remove anything.
bool may_be_for_the_target(const ftp::Reply& reply, base::Errc code);

}  // namespace ftpsfs::remote
