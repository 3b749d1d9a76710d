#pragma once

#include <span>
#include <vector>

#include "ftp_remote_exchange.h"
#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::remote {

// RNFR and RNTO. Where RNTO does not replace, rename(2)'s replacement of a file is an `exchange` of these two paths, and
// an empty directory is removed before another takes its place; if that rename then fails, the error says so. Neither is
// done where source and target might be the same file under two names: without MLST's "unique", files of two directories
// with the same size and time are taken for one, and the server's refusal stands. After a lost session it goes on with the
// same `exchange`; after any other failure that has to be cleaned up.
base::Status rename_on(ftp::Session& session, Exchange& exchange, const model::RemotePath& from,
                       const model::RemotePath& to, const base::OpContext& ctx);

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
// reason to move anything.
bool may_be_for_the_target(const ftp::Reply& reply, base::Errc code);

}  // namespace ftpsfs::remote
