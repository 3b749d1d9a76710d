// Operations that find, make and remove names.

#include "core.h"
#include "departure.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::Attributes;
using model::FileType;
using model::RemotePath;

namespace {

bool is_dot(std::string_view name) { return name == "." || name == ".."; }

Result<CreatedFile> open_existing(Vfs& vfs, const FileStatus& existing, const OpenFlags& flags,
                                  const OpContext& ctx) {
  auto opened = vfs.open(existing.inode, flags, ctx);
  if (!opened) {
    vfs.forget(existing.inode, 1);
    return fail(std::move(opened));
  }
  auto status = vfs.get_status(existing.inode, ctx);
  return CreatedFile{.status = status ? *status : existing, .file = *opened};
}

// A file that the server will hear of when it is flushed.
Result<CreatedFile> create_here(Core& core, InodeId parent, std::string_view name, std::uint32_t mode,
                                const OpenFlags& flags) {
  auto spool = cache::Spool::create(core.services.spools, 0, nullptr);
  if (!spool) return fail(std::move(spool));
  const Attributes attributes{.type = FileType::file, .size = 0};
  auto open_file = std::make_shared<OpenFile>(core.services, *std::move(spool), mode & 07777);
  auto file = core.inodes.create(parent, name, attributes, std::move(open_file));
  if (!file) return fail(std::move(file));
  const InodeId inode = file->inode();
  auto handle = std::make_shared<FileHandle>(*std::move(file), flags);
  const auto view = core.inodes.view(inode);
  if (!view) return std::unexpected(view.error());
  return CreatedFile{.status = core.status(*view), .file = {.handle = core.files.add(std::move(handle))}};
}

// After the server has made something new at `path`: its inode, with one lookup.
Result<FileStatus> enter_new(Core& core, InodeId parent, std::string_view name, const RemotePath& path,
                             const Attributes& made, std::uint32_t mode, const OpContext& ctx) {
  core.inodes.remove(parent, name);  // an inode of what somebody else removed there before
  auto view = core.inodes.enter(parent, name, made, core.moments.next());
  if (!view) return fail(std::move(view));
  const bool directory = made.type == FileType::directory;
  const std::uint32_t default_mode = directory ? core.defaults.directory_mode : core.defaults.file_mode;
  core.saver.set_first_permissions(view->inode, path, mode & 07777, default_mode, ctx);
  auto now = core.inodes.view(view->inode);
  return core.status(now ? *now : *view);
}

bool is_absent(Errc code) {
  return code == Errc::not_found || code == Errc::name_invalid || code == Errc::invalid_argument;
}

// What this mount alone has of the name: a local file makes it taken.
Status check_absent_here(const Core& core, InodeId parent, std::string_view name) {
  const auto here = core.inodes.find(parent, name);
  if (here && here->answers_alone()) return fail(Errc::exists, "the file exists");
  return {};
}

// A name for something new, as far as this mount knows.
Result<remote::PathClaims::Claim> claim_new(Core& core, InodeId parent, std::string_view name,
                                            const OpContext& ctx) {
  if (auto ok = core.check_changeable(); !ok) return fail(std::move(ok));
  auto claim = core.claim(parent, name, ctx);
  if (!claim) return claim;
  if (auto ok = check_absent_here(core, parent, name); !ok) return fail(std::move(ok));
  return claim;
}

}  // namespace

Result<FileStatus> Vfs::lookup(InodeId parent, std::string_view name, const OpContext& ctx) {
  Core& core = *impl_;
  if (is_dot(name)) {
    auto inode = name == "." ? Result<InodeId>(parent) : core.inodes.parent_of(parent);
    if (!inode) return fail(std::move(inode));
    auto status = get_status(*inode, ctx);
    if (status) core.inodes.count_lookup(*inode);
    return status;
  }
  auto path = core.inodes.path_of_entry(parent, name);
  if (!path) return fail(std::move(path));
  if (const auto here = core.inodes.enter_local(parent, name)) return core.status(*here);

  const Moment asked = core.moments.next();
  auto attributes = core.remote.stat(*path, ctx);
  if (attributes) {
    auto view = core.inodes.enter(parent, name, *attributes, asked);
    if (!view) return fail(std::move(view));
    return core.status(*view);
  }
  // Created while the server was asked.
  if (const auto here = core.inodes.enter_local(parent, name)) return core.status(*here);
  return fail(std::move(attributes));
}

void Vfs::forget(InodeId inode, std::uint64_t count) { impl_->inodes.forget(inode, count); }

Result<CreatedFile> Vfs::create(InodeId parent, std::string_view name, std::uint32_t mode,
                                const OpenFlags& flags, const OpContext& ctx) {
  Core& core = *impl_;
  if (auto ok = core.check_changeable(); !ok) return fail(std::move(ok));
  if (!flags.exclusive) {
    const auto existing = lookup(parent, name, ctx);
    if (existing) return open_existing(*this, *existing, flags, ctx);
    if (existing.error().code != Errc::not_found) return std::unexpected(existing.error());
  }
  auto claim = core.claim(parent, name, ctx);
  if (!claim) return fail(std::move(claim));
  if (flags.exclusive) {
    if (auto ok = check_absent_here(core, parent, name); !ok) return fail(std::move(ok));
    if (auto ok = core.check_absent(claim->path(), ctx); !ok) return fail(std::move(ok));
  }
  return create_here(core, parent, name, mode, flags);
}

Result<FileStatus> Vfs::make_file(InodeId parent, std::string_view name, std::uint32_t mode,
                                  const OpContext& ctx) {
  Core& core = *impl_;
  auto claim = claim_new(core, parent, name, ctx);
  if (!claim) return fail(std::move(claim));
  if (auto ok = core.check_absent(claim->path(), ctx); !ok) return fail(std::move(ok));
  const remote::UploadContent nothing{
      .size = 0, .read_at = [](std::uint64_t, std::span<std::byte>, const OpContext&) -> Result<std::size_t> {
        return 0;
      }};
  auto made = core.remote.store(claim->path(), nothing, {.creates = true, .mode = mode & 07777}, ctx);
  if (!made) return fail(std::move(made));
  return enter_new(core, parent, name, claim->path(), made->attributes, mode, ctx);
}

Result<FileStatus> Vfs::make_directory(InodeId parent, std::string_view name, std::uint32_t mode,
                                       const OpContext& ctx) {
  Core& core = *impl_;
  auto claim = claim_new(core, parent, name, ctx);
  if (!claim) return fail(std::move(claim));
  if (auto ok = core.remote.make_directory(claim->path(), ctx); !ok) return fail(std::move(ok));
  // The mode that it got tells whether the wanted one has to be set. The directory is there in any case.
  auto made = core.remote.stat(claim->path(), ctx);
  const Attributes attributes = made ? *made : Attributes{.type = FileType::directory};
  return enter_new(core, parent, name, claim->path(), attributes, mode, ctx);
}

Result<FileStatus> Vfs::make_symlink(InodeId parent, std::string_view name, const std::string& target,
                                     const OpContext& ctx) {
  Core& core = *impl_;
  auto claim = claim_new(core, parent, name, ctx);
  if (!claim) return fail(std::move(claim));
  if (auto ok = core.check_absent(claim->path(), ctx); !ok) return fail(std::move(ok));
  auto made = core.remote.make_symlink(claim->path(), target, ctx);
  if (!made && made.error().code == Errc::not_supported) {
    return fail(Errc::not_permitted, "this server cannot make symlinks", made.error().server_reply);
  }
  if (!made) return fail(std::move(made));
  core.inodes.remove(parent, name);  // an inode of what somebody else removed there before
  const Attributes link{.type = FileType::symlink, .link_target = target};
  auto view = core.inodes.enter(parent, name, link, core.moments.next());
  if (!view) return fail(std::move(view));
  return core.status(*view);
}

Status Vfs::remove_file(InodeId parent, std::string_view name, const OpContext& ctx) {
  Core& core = *impl_;
  if (auto ok = core.check_changeable(); !ok) return ok;
  auto claim = core.claim(parent, name, ctx);
  if (!claim) return fail(std::move(claim));
  const auto child = core.inodes.find(parent, name);
  if (child && child->attributes.type == FileType::directory)
    return fail(Errc::is_a_directory, "a directory");

  auto departure = Departure::prepare(core.inodes, parent, name, ctx);
  if (!departure) return fail(std::move(departure));
  if (!departure->is_surely_only_here()) {
    auto removed = core.remote.remove_file(claim->path(), ctx);
    // What the server does not have, or cannot have under this name, may still exist here.
    const bool only_here = !removed && is_absent(removed.error().code) &&
                           (departure->is_only_here() || departure->has_unsaved());
    if (!removed && !only_here) return removed;
  }
  departure->complete();
  core.inodes.remove(parent, name);
  core.name_removed(parent, name);
  return {};
}

Status Vfs::remove_directory(InodeId parent, std::string_view name, const OpContext& ctx) {
  Core& core = *impl_;
  if (auto ok = core.check_changeable(); !ok) return ok;
  auto claim = core.claim(parent, name, ctx);
  if (!claim) return fail(std::move(claim));
  const auto child = core.inodes.find(parent, name);
  if (child) {
    if (auto ok = check_type(*child, FileType::directory); !ok)
      return fail(Errc::not_a_directory, "not a directory");
    if (!core.inodes.local_names(child->inode).empty())
      return fail(Errc::not_empty, "the directory is not empty");
  }
  if (auto ok = core.remote.remove_directory(claim->path(), ctx); !ok) return ok;
  core.inodes.remove(parent, name);
  core.name_removed(parent, name);
  return {};
}

}  // namespace ftpsfs::vfs
