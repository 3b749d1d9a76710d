#include "ftpsfs/ftp/set_attributes.h"

#include <atomic>
#include <utility>

#include "ftpsfs/ftp/inspect.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Status;
using model::RemotePath;

namespace {

// Performs a command that the server may lack; what it lacks is remembered in `lacks`.
Status try_command(Session& session, const Command& command, std::atomic<bool>& lacks, const OpContext& ctx) {
  if (lacks) return fail(Errc::not_supported, "the server lacks the command");
  auto reply = session.perform(command, ctx);
  if (reply) return {};
  if (reply.error().code == Errc::not_supported) lacks = true;
  return fail(std::move(reply));
}

// A server that knows only the other form finds fault with the arguments.
Status set_modified_by_utime(Session& session, const RemotePath& path, base::SystemTime modified,
                             const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  auto done = try_command(session, Command::site_utime(modified, path), server.lacks_site_utime, ctx);
  if (done) return done;
  const Errc reason = done.error().code;
  if (reason != Errc::not_supported && reason != Errc::invalid_argument) return done;
  auto by_long =
      try_command(session, Command::site_utime_long(modified, path), server.lacks_site_utime_long, ctx);
  if (by_long) server.lacks_site_utime = true;
  return by_long;
}

// vsftpd sets the time of files only, and refuses a directory in words that could mean anything.
bool is_directory(Session& session, const RemotePath& path, const OpContext& ctx) {
  const auto found = inspect(session, path, ctx);
  return found && found->type == model::FileType::directory;
}

}  // namespace

Status set_modified(Session& session, const RemotePath& path, base::SystemTime modified,
                    const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  auto done = try_command(session, Command::mfmt(modified, path), server.lacks_mfmt, ctx);
  // pyftpdlib sets times of files only.
  if (!done && done.error().code == Errc::is_a_directory) done.error().code = Errc::not_supported;
  if (done || done.error().code != Errc::not_supported || !server.lacks_mfmt) return done;
  done = try_command(session, Command::mff_modify(modified, path), server.lacks_mff, ctx);
  if (done || done.error().code != Errc::not_supported) return done;

  // A server that knows MDTM only as a question looks for a file named "20240229… path" and does not find it.
  auto by_mdtm = try_command(session, Command::mdtm_set(modified, path), server.lacks_mdtm_set, ctx);
  if (by_mdtm || !session.reusable()) return by_mdtm;

  done = set_modified_by_utime(session, path, modified, ctx);
  if (done) server.lacks_mdtm_set = true;  // or it would be asked in vain each time
  if (done || done.error().code != Errc::not_supported) return done;
  const bool denied = by_mdtm.error().code == Errc::permission_denied && !is_directory(session, path, ctx);
  return denied ? by_mdtm : done;
}

Status set_mode(Session& session, const RemotePath& path, std::uint32_t mode, const OpContext& ctx) {
  return try_command(session, Command::site_chmod(mode, path), session.server().lacks_site_chmod, ctx);
}

Status make_symlink(Session& session, const RemotePath& target, const RemotePath& link,
                    const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  if (auto ok = server.check_new_name(link); !ok) return ok;
  const bool has_blank =
      target.str().find(' ') != std::string::npos || link.str().find(' ') != std::string::npos;
  if (has_blank && !server.lacks_site_symlink) {
    return fail(Errc::not_permitted, "SITE SYMLINK takes no names with blanks");
  }
  return try_command(session, Command::site_symlink(target, link), server.lacks_site_symlink, ctx);
}

}  // namespace ftpsfs::ftp
