#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// One path as it is now: MLST, or on servers without it the entry in its parent's listing, which is the only thing
// there that tells a symlink from what it points to. In a folder that can be entered and not listed SIZE and CWD tell;
// where these are refused as well it is permission_denied, and the folder one that refuses looks (server_knowledge.h).
base::Result<model::Attributes> inspect(Session& session, const model::RemotePath& path,
                                        const base::OpContext& ctx);

// The same for what is known to be a regular file, in one round trip on nearly every server: MLST, or SIZE and MDTM,
// which leave the mode open, or, where these are missing or say nothing, the parent's listing. not_found also where the
// listing shows that it is no regular file any more.
base::Result<model::Attributes> inspect_file(Session& session, const model::RemotePath& path,
                                             const base::OpContext& ctx);

// Whether something has appeared at a path that was not in its directory a moment ago, in one round trip: MLST, or SIZE
// and CWD. not_found while nothing has, as far as these tell, which follow symlinks and are refused for many a reason;
// what has appeared is told as `inspect` does.
base::Result<model::Attributes> inspect_absent(Session& session, const model::RemotePath& path,
                                               const base::OpContext& ctx);

// The same for a file whose upload the server has just confirmed, so that its folder is there whatever the server says of
// that. nullopt when every look was refused for want of a right: the confirmation is all there is. Refusals that say or
// may mean "missing" are errors.
base::Result<std::optional<model::Attributes>> inspect_stored(Session& session, const model::RemotePath& path,
                                                              const base::OpContext& ctx);

// Whether `error`, of a look at `path`, means that the server refuses to tell whether it exists.
bool refused_every_look(const ServerKnowledge& server, const model::RemotePath& path,
                        const base::Error& error);

// What inspect_file would ask, for a flight with other commands, and what the replies to just these tell: nullopt where
// only inspect_file itself can say more. A command that the server turns out to lack is remembered.
std::vector<Command> file_questions(const ServerKnowledge& server, const model::RemotePath& path);
std::optional<model::Attributes> file_answers(ServerKnowledge& server, std::span<const Command> questions,
                                              std::span<const Reply> replies);

}  // namespace ftpsfs::ftp
