// Operations on what stat(2) shows.

#include "core.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::FileType;

namespace {

// Some servers cannot be asked about the login directory itself; a mount point is a directory in any case.
bool root_may_miss(const base::Error& error) {
  return error.code == Errc::not_found || error.code == Errc::not_supported ||
         error.code == Errc::permission_denied;
}

Status check_owner(const Core& core, const StatusChange& change) {
  const bool same_owner = !change.owner || *change.owner == core.options.owner;
  const bool same_group = !change.group || *change.group == core.options.group;
  if (same_owner && same_group) return {};
  return fail(Errc::not_permitted, "FTP cannot change the owner of a file");
}

Status resize(Core& core, InodeId inode, std::uint64_t size, const OpContext& ctx) {
  const auto view = core.inodes.view(inode);
  if (!view) return fail(Errc::stale, "the inode is unknown");
  if (auto ok = check_type(*view, FileType::file); !ok) return ok;
  auto file = core.inodes.open_file(inode);
  if (!file) return fail(std::move(file));
  FileRef& ref = *file;

  const bool was_unsaved = ref->has_unsaved();
  if (!view->answers_alone() && !ref->has_handles()) {
    const auto freshness = size == 0 ? Core::Freshness::snapshot : Core::Freshness::server;
    auto answer = core.ask(inode, freshness, ctx);
    if (!answer) return fail(std::move(answer));
    ref->adopt(answer->path, model::FileVersion::of(answer->view.attributes), answer->asked);
  }
  // To cut nothing off must not cost a download and an upload. (A size of 0 may be out of date.)
  if (size != 0 && size == ref->size()) return {};
  if (auto ok = ref->truncate(size, ctx); !ok) return ok;
  if (ref->expects_flush()) return {};

  const std::uint64_t made = ref->generation();
  auto saved = core.saver.save(ref, Durability::on_server, ctx);
  if (!saved && !was_unsaved) ref->undo(made);  // truncate(2) fails, so it must not happen later
  ref->drop_saved_spool();
  return saved;
}

Status save_first(Core& core, InodeId inode, const OpContext& ctx) {
  const auto file = core.inodes.opened(inode);
  return file ? core.saver.save(*file, Durability::on_server, ctx) : Status();
}

Status change_permissions(Core& core, InodeId inode, std::uint32_t wanted, const OpContext& ctx) {
  auto view = core.inodes.view(inode);
  if (!view) return fail(std::move(view));
  if (!core.policies.sets_permissions() || core.status(*view).permissions == wanted) return {};
  if (core.policies.permissions_may_fail()) {
    if (auto ok = save_first(core, inode, ctx); !ok) return ok;
  }
  if (auto file = core.inodes.opened(inode); file && (*file)->postpone_permissions(wanted)) return {};

  auto claim = core.claim(inode, ctx);
  if (!claim) return fail(std::move(claim));
  auto answer = core.remote.set_mode(claim->path(), wanted, ctx);
  if (!answer) return core.policies.permissions_set(std::move(answer), claim->path());
  if (auto now = core.inodes.view(inode)) {
    now->attributes.mode = wanted;
    core.inodes.changed(inode, now->attributes);
  }
  return {};
}

Status change_modified(Core& core, InodeId inode, base::SystemTime modified, const OpContext& ctx) {
  if (!core.policies.sets_times()) return {};
  if (core.policies.times_may_fail()) {
    if (auto ok = save_first(core, inode, ctx); !ok) return ok;
  }
  if (auto file = core.inodes.opened(inode); file && (*file)->postpone_modified(modified)) return {};
  auto claim = core.claim(inode, ctx);
  if (!claim) return fail(std::move(claim));
  return core.saver.set_modified(inode, claim->path(), modified, ctx);
}

}  // namespace

Result<FileStatus> Vfs::get_status(InodeId inode, const OpContext& ctx) {
  Core& core = *impl_;
  auto view = core.inodes.view(inode);
  if (!view) return fail(std::move(view));
  if (view->answers_alone()) return core.status(*view);

  auto answer = core.ask(inode, Core::Freshness::snapshot, ctx);
  if (answer) return core.status(answer->view);
  if (inode == kRootInode && root_may_miss(answer.error())) return core.status(*view);
  // Removed by this mount while the server was asked: fstat(2) of an open file goes on.
  if (const auto now = core.inodes.view(inode); now && now->answers_alone()) return core.status(*now);
  return fail(std::move(answer));
}

Result<FileStatus> Vfs::set_status(InodeId inode, const StatusChange& change, const OpContext& ctx) {
  Core& core = *impl_;
  if (change.size || change.modified || change.permissions || change.owner || change.group) {
    if (auto ok = core.check_changeable(); !ok) return fail(std::move(ok));
  }
  if (auto ok = check_owner(core, change); !ok) return fail(std::move(ok));
  if (change.size) {
    if (auto ok = resize(core, inode, *change.size, ctx); !ok) return fail(std::move(ok));
  }
  if (change.permissions) {
    const std::uint32_t wanted = *change.permissions & 07777;
    if (auto ok = change_permissions(core, inode, wanted, ctx); !ok) return fail(std::move(ok));
  }
  if (change.modified) {
    if (auto ok = change_modified(core, inode, *change.modified, ctx); !ok) return fail(std::move(ok));
  }
  return get_status(inode, ctx);
}

Result<std::string> Vfs::read_link(InodeId inode, const OpContext& ctx) {
  Core& core = *impl_;
  auto answer = core.ask(inode, Core::Freshness::snapshot, ctx);
  if (!answer) return fail(std::move(answer));
  if (auto ok = check_type(answer->view, FileType::symlink); !ok) return fail(std::move(ok));
  if (answer->view.attributes.link_target) return *answer->view.attributes.link_target;
  return core.remote.read_link(answer->path, ctx);
}

}  // namespace ftpsfs::vfs
