#include "ftpsfs/ftp/refusal.h"

#include <utility>

#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/inspect.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::Error;
using base::OpContext;
using base::Result;
using model::FileType;
using model::RemotePath;

namespace {

bool doubtful(Errc code) {
  switch (code) {
    case Errc::not_found:
    case Errc::exists:
    case Errc::permission_denied:
    case Errc::not_empty:
    case Errc::is_a_directory:
    case Errc::invalid_argument: return true;
    default: return false;
  }
}

Errc why_no_file(const Result<model::Attributes>& found) {
  if (!found) return Errc::not_found;
  return found->type == FileType::directory ? Errc::is_a_directory : Errc::permission_denied;
}

Errc why_no_directory(const Result<model::Attributes>& found) {
  if (!found) return Errc::not_found;
  return found->type == FileType::directory ? Errc::permission_denied : Errc::not_a_directory;
}

Errc why_not_created(Session& session, const RemotePath& path, const Result<model::Attributes>& found,
                     Command::Kind kind, Errc otherwise, const OpContext& ctx) {
  if (found && kind == Command::Kind::make_dir) return Errc::exists;
  if (found) return found->type == FileType::directory ? Errc::is_a_directory : otherwise;
  const auto parent = inspect(session, path.parent(), ctx);
  if (!parent && parent.error().code == Errc::not_found) return Errc::not_found;
  return otherwise == Errc::not_found ? Errc::permission_denied : otherwise;
}

Errc why_not_removed(Session& session, const RemotePath& path, const Result<model::Attributes>& found,
                     const OpContext& ctx) {
  const Errc reason = why_no_directory(found);
  if (reason != Errc::permission_denied) return reason;
  const auto entries = read_directory(session, path, ctx);
  return entries && !entries->empty() ? Errc::not_empty : Errc::permission_denied;
}

}  // namespace

Error explain_refusal(Session& session, Command::Kind kind, const RemotePath& path, Error error,
                      const OpContext& ctx) {
  if (!doubtful(error.code) || !session.reusable()) return error;
  const auto found = inspect(session, path, ctx);
  if (!found && found.error().code != Errc::not_found) return error;
  switch (kind) {
    case Command::Kind::retrieve:
    case Command::Kind::remove: error.code = why_no_file(found); break;
    case Command::Kind::list: error.code = why_no_directory(found); break;
    case Command::Kind::remove_dir: error.code = why_not_removed(session, path, found, ctx); break;
    case Command::Kind::store:
    case Command::Kind::make_dir:
      error.code = why_not_created(session, path, found, kind, error.code, ctx);
      break;
    default: break;
  }
  return error;
}

}  // namespace ftpsfs::ftp
