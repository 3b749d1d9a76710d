#include <chrono>
#include <utility>

#include "impl.h"

namespace ftpsfs::writeback {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::RemotePath;

// Also where nobody has the paths a passed deadline ends the operation before it begins.
Result<remote::PathClaims::Claim> WritebackFs::Impl::claim(remote::PathClaims::Paths paths,
                                                           const OpContext& ctx) {
  if (auto ok = ctx.check("claiming a path"); !ok) return fail(std::move(ok));
  return claims_.claim(std::move(paths), ctx);
}

// ---- removing

Status WritebackFs::Impl::remove_file(const RemotePath& path, const OpContext& ctx) {
  const auto claimed = claim({path}, ctx);
  if (!claimed) return std::unexpected(claimed.error());
  const auto hold = ledger_->hold(path, true, ctx);
  if (!hold) return std::unexpected(hold.error());
  if (!*hold || ledger_->may_be_on_server(path)) {
    auto ok = remote_.remove_file(path, ctx);
    ledger_->forget(path);
    const bool may_be_missing = *hold && !ok && ok.error().code == Errc::not_found;
    if (!ok && !may_be_missing) return ok;
  }
  return *hold ? ledger_->drop(path) : Status();
}

Status WritebackFs::Impl::remove_directory(const RemotePath& path, const OpContext& ctx) {
  const auto claimed = claim({path}, ctx);
  if (!claimed) return std::unexpected(claimed.error());
  if (ledger_->find(path)) return fail(Errc::not_a_directory, "a file, which waits to be uploaded");
  if (ledger_->waits_below(path)) return fail(Errc::not_empty, "files in it wait to be uploaded");
  ledger_->forget(path);
  return remote_.remove_directory(path, ctx);
}

// ---- making

// The server would say that the directory is missing.
Status WritebackFs::Impl::check_not_below_file(const RemotePath& path) const {
  if (path.is_root() || !ledger_->find(path.parent())) return {};
  return fail(Errc::not_a_directory, "a part of the path is a file, which waits to be uploaded");
}

Status WritebackFs::Impl::make_directory(const RemotePath& path, const OpContext& ctx) {
  const auto claimed = claim({path}, ctx);
  if (!claimed) return std::unexpected(claimed.error());
  if (ledger_->find(path)) return fail(Errc::exists, "a file of this name waits to be uploaded");
  if (auto ok = check_not_below_file(path); !ok) return ok;
  return remote_.make_directory(path, ctx);
}

Status WritebackFs::Impl::make_symlink(const RemotePath& link, const std::string& target,
                                       const OpContext& ctx) {
  const auto claimed = claim({link}, ctx);
  if (!claimed) return std::unexpected(claimed.error());
  if (ledger_->find(link)) return fail(Errc::exists, "a file of this name waits to be uploaded");
  if (auto ok = check_not_below_file(link); !ok) return ok;
  return remote_.make_symlink(link, target, ctx);
}

// ---- renaming

// A file that the server has never seen gets its new name in the journal only: that is how programs save.
Result<bool> WritebackFs::Impl::rename_waiting(const RemotePath& from, const RemotePath& to,
                                               const OpContext& ctx) {
  if (!ledger_->find(from)) return false;
  if (from.contains(to)) return fail(Errc::invalid_argument, "a file cannot hold itself");
  if (ledger_->may_be_on_server(from) || !ledger_->takes_another(to)) return false;
  const auto hold = ledger_->hold(from, false, ctx);
  if (!hold) return std::unexpected(hold.error());
  if (!*hold || ledger_->may_be_on_server(from)) return false;  // it has been uploaded during the wait
  const auto last_upload = ledger_->last_upload();
  Place place;
  if (!ledger_->find(to)) {
    auto there = look_at(to, ctx);
    if (!there) return std::unexpected(there.error());
    if (!there->holds_file_or_nothing) return false;
    place = *std::move(there);
  }
  if (auto ok = ledger_->move(from, to, place.replaces, last_upload); !ok) return fail(std::move(ok));
  return true;
}

Status WritebackFs::Impl::rename_on_server(const RemotePath& from, const RemotePath& to,
                                           const OpContext& ctx) {
  if (auto ok = ledger_->settle(from, false, ctx); !ok) return ok;
  if (auto ok = ledger_->settle(to, false, ctx); !ok) return ok;
  auto ok = remote_.rename(from, to, ctx);
  ledger_->forget(from);
  ledger_->forget(to);
  return ok;
}

Status WritebackFs::Impl::rename(const RemotePath& from, const RemotePath& to, const OpContext& ctx) {
  const auto claimed = claim({from, to}, ctx);
  if (!claimed) return std::unexpected(claimed.error());
  if (from == to && ledger_->find(from)) return {};
  if (!from.contains(to)) {
    if (auto ok = check_not_below_file(to); !ok && stat(from, ctx)) return ok;
  }
  auto renamed = rename_waiting(from, to, ctx);
  if (!renamed) return fail(std::move(renamed));
  return *renamed ? Status() : rename_on_server(from, to, ctx);
}

// ---- attributes

Status WritebackFs::Impl::change(const RemotePath& path, const std::function<void(Record&)>& in_journal,
                                 const std::function<Status()>& on_server, const OpContext& ctx) {
  const auto claimed = claim({path}, ctx);
  if (!claimed) return std::unexpected(claimed.error());
  const auto hold = ledger_->hold(path, false, ctx);
  if (!hold) return std::unexpected(hold.error());
  if (*hold) return ledger_->rewrite(path, in_journal);
  ledger_->forget(path);
  return on_server();
}

Status WritebackFs::Impl::set_modified(const RemotePath& path, base::SystemTime modified,
                                       const OpContext& ctx) {
  return change(
      path, [&](Record& record) { record.modified = std::chrono::floor<std::chrono::seconds>(modified); },
      [&] { return remote_.set_modified(path, modified, ctx); }, ctx);
}

Status WritebackFs::Impl::set_mode(const RemotePath& path, std::uint32_t mode, const OpContext& ctx) {
  return change(
      path, [&](Record& record) { record.mode = mode; }, [&] { return remote_.set_mode(path, mode, ctx); },
      ctx);
}

}  // namespace ftpsfs::writeback
