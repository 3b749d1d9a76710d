// How FtpRemote makes symlinks: only such as the mount will show with the very target that was asked for.

#include <utility>

#include "ftp_remote_attempts.h"
#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/inspect.h"
#include "ftpsfs/ftp/set_attributes.h"
#include "ftpsfs/remote/ftp_remote.h"
#include "symlink_policy.h"

namespace ftpsfs::remote {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using ftp::Command;
using ftp::Session;
using model::FileType;
using model::RemotePath;
using pool::Lease;
using pool::Purpose;

namespace {

bool is_symlink(Session& session, const RemotePath& path, const OpContext& ctx) {
  const auto found = ftp::inspect(session, path, ctx);
  return found && found->type == FileType::symlink;
}

// ProFTPD wants the target to exist; symlink(2) knows no such error.
Status explain(Session& session, const RemotePath& target, const RemotePath& link, base::Error error,
               const OpContext& ctx) {
  if (!session.reusable() || error.code == Errc::not_supported || error.code == Errc::not_permitted) {
    return std::unexpected(std::move(error));
  }
  if (ftp::inspect(session, link, ctx)) return fail(Errc::exists, "the name is taken", error.server_reply);
  const auto directory = ftp::inspect(session, link.parent(), ctx);
  if (!directory) return std::unexpected(directory.error());
  const auto there = ftp::inspect(session, target, ctx);
  if (!there && there.error().code == Errc::not_found) {
    return fail(Errc::not_permitted, "this server makes symlinks only to what exists", error.server_reply);
  }
  return std::unexpected(std::move(error));
}

}  // namespace

Result<RemotePath> FtpRemote::destination(const RemotePath& link, const std::string& target) const {
  if (options_.symlinks != Symlinks::show) {
    return fail(Errc::not_permitted, "symlinks are made only with symlinks=show, where they can be seen");
  }
  if (!options_.unsafe_symlinks) {
    auto path = destination_inside(link, target);
    return path ? on_server(*path) : path;
  }
  auto path = RemotePath::parse(target);
  if (path && path->str() == target) return options_.names ? options_.names->encode(*path) : path;
  return fail(Errc::not_permitted, "with unsafe_symlinks only absolute targets would be read back the same");
}

// What a server stores is its own affair (ProFTPD: an absolute path without symlinks in it), so it is asked.
Status FtpRemote::check_symlink(Session& session, const RemotePath& link, const std::string& target,
                                const OpContext& ctx) const {
  auto stored = ftp::read_link_target(session, link, ctx);
  if (!stored && stored.error().code != Errc::not_supported) return fail(std::move(stored));
  auto shown = stored ? shown_target(*stored, link) : std::move(stored);
  if (shown && *shown == target) return {};
  if (auto removed = session.perform(Command::dele(link), ctx); !removed) return fail(std::move(removed));
  return fail(Errc::not_permitted, "the server made a symlink that does not read back as asked for");
}

Status FtpRemote::make_symlink(const RemotePath& link, const std::string& target, const OpContext& ctx) {
  auto link_there = on_server(link);
  if (!link_there) return fail(std::move(link_there));
  auto target_there = destination(link, target);
  if (!target_there) return fail(std::move(target_there));
  const RemotePath path = std::move(*link_there);
  const RemotePath leads_to = std::move(*target_there);
  bool repeated = false;
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) -> Status {
    Session& session = lease.session();
    // The first try may have worked, and only its reply was lost.
    const bool made = std::exchange(repeated, true) && is_symlink(session, path, ctx);
    if (!made) {
      auto done = ftp::make_symlink(session, leads_to, path, ctx);
      if (!done) return explain(session, leads_to, path, std::move(done).error(), ctx);
    }
    return check_symlink(session, path, target, ctx);
  });
}

}  // namespace ftpsfs::remote
