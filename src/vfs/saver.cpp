#include "saver.h"

#include "ftpsfs/base/log.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::Attributes;
using model::FileVersion;
using model::RemotePath;

namespace {

// A file that is truncated again and again while it is uploaded is given up on after so many times.
constexpr int kMostAttempts = 4;

// `shrunk`: a truncation has taken away what was to be read.
remote::UploadContent content_of(const cache::Spool& spool, std::uint64_t size, std::atomic<bool>& shrunk) {
  remote::UploadContent content{.size = size, .read_at = {}};
  content.read_at = [&](std::uint64_t offset, std::span<std::byte> out,
                        const OpContext&) -> Result<std::size_t> {
    auto ok = spool.read_local(offset, out);
    if (ok) return out.size();
    if (offset + out.size() > spool.size()) shrunk = true;
    return fail(std::move(ok));
  };
  return content;
}

}  // namespace

Status Saver::save(const FileRef& file, Durability durability, const OpContext& ctx) {
  if (!file->has_unsaved()) return durability == Durability::on_server ? settle(file, ctx) : Status();
  auto claim = claims_.claim(
      [&]() -> Result<remote::PathClaims::Paths> {
        auto path = inodes_.path_of(file.inode());
        if (!path) return fail(std::move(path));
        return remote::PathClaims::Paths{*std::move(path)};
      },
      ctx);
  // Saved, or discarded, during the wait.
  if (!file->has_unsaved()) return durability == Durability::on_server ? settle(file, ctx) : Status();
  if (!claim) return fail(std::move(claim));
  return save_claimed(file, claim->path(), durability, ctx);
}

Status Saver::save_claimed(const FileRef& file, const RemotePath& path, Durability durability,
                           const OpContext& ctx) {
  if (auto ok = upload(file, path, durability, ctx); !ok) return ok;
  return apply_postponed_time(file, path, ctx);
}

// What has been saved before may be kept on this machine only.
Status Saver::settle(const FileRef& file, const OpContext& ctx) {
  if (file->discarded()) return {};
  const auto path = inodes_.path_of(file.inode());
  return path ? remote_.settle(*path, ctx) : Status();
}

Status Saver::upload(const FileRef& file, const RemotePath& path, Durability durability,
                     const OpContext& ctx) {
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    auto done = try_upload(file, path, durability, ctx);
    if (!done) return fail(std::move(done));
    if (*done) return {};
  }
  return fail(Errc::busy, "the file is truncated faster than it can be uploaded");
}

remote::StoreOptions Saver::options_for(const FileRef& file, const OpenFile::Upload& upload) const {
  remote::StoreOptions options{.creates = upload.creates};
  if (policies_.sets_times()) options.modified = upload.modified;
  if (policies_.sets_permissions()) options.mode = upload.permissions;
  // After a failed upload nobody knows what is there.
  if (upload.creates || !file->on_server()) return options;
  if (auto known = inodes_.view(file.inode())) options.replaces = std::move(known->attributes);
  return options;
}

void Saver::upload_meanwhile(const FileRef& file) {
  if (!concurrent_.possible() || !file->due_for_concurrent_upload()) return;
  const auto path = inodes_.path_of(file.inode());
  if (!path) return;
  OpenFile::Upload first;
  first.creates = !file->may_be_on_server();
  const auto upload = file->begin_concurrent_upload(*path, options_for(file, first));
  if (upload && !concurrent_.start(upload)) file->drop_concurrent_upload(upload);
}

// Under the claim of `path`, which is what makes the upload appear.
Result<remote::Stored> Saver::finish_concurrent(ConcurrentUpload& running, const OpenFile::Upload& upload,
                                                std::uint64_t size, const RemotePath& path,
                                                const OpContext& ctx) {
  if (running.path() == path) {
    const auto modified = policies_.sets_times() ? upload.modified : std::nullopt;
    const auto permissions = policies_.sets_permissions() ? upload.permissions : std::nullopt;
    return running.finish(size, modified, permissions, ctx);
  }
  running.abandon();
  return fail(Errc::cancelled, "the file has another name now");
}

// What an append that has not succeeded has left, before anything of the file is asked for again.
Status Saver::look_after_append(const FileRef& file, const RemotePath& path, const OpContext& ctx) {
  if (!file->append_is_open()) return {};
  const auto now = remote_.revalidate(path, ctx);
  if (!now) return std::unexpected(now.error());
  file->append_ended(FileVersion::of(*now), moments_.next());
  return {};
}

Result<std::optional<remote::Stored>> Saver::append(const FileRef& file, const OpenFile::Upload& upload,
                                                    std::uint64_t size, const RemotePath& path,
                                                    const OpContext& ctx) {
  std::atomic<bool> shrunk = false;
  auto appended = remote_.append(path, *upload.appends_to, content_of(*upload.spool, size, shrunk), ctx);
  const bool untouched = !appended && appended.error().code == Errc::stale;
  if (!untouched && !(appended && *appended)) file->append_failed();
  return shrunk ? std::nullopt : std::move(appended);
}

// False when it has to begin again: a truncation has taken away what was being uploaded, or what was to be appended must
// be uploaded whole.
Result<bool> Saver::try_upload(const FileRef& file, const RemotePath& path, Durability durability,
                               const OpContext& ctx) {
  if (auto ok = look_after_append(file, path, ctx); !ok) return fail(std::move(ok));
  auto prepared = file->prepare_upload(OpenFile::Extent::changed, ctx);
  if (!prepared) return fail(std::move(prepared));
  if (!*prepared) return true;
  const OpenFile::Upload& upload = **prepared;

  const std::uint64_t size = upload.spool->size();
  Result<remote::Stored> stored = fail(Errc::not_supported, "nothing is under way");
  if (upload.appends_to) {
    auto appended = append(file, upload, size, path, ctx);
    if (!appended) return fail(std::move(appended));
    if (!*appended) return false;
    stored = std::move(**appended);
  } else if (const auto running = file->take_concurrent_upload()) {
    stored = finish_concurrent(*running, upload, size, path, ctx);
  }
  if (!stored) {
    if (auto ok = ctx.check("uploading a file"); !ok) return fail(std::move(ok));
    std::atomic<bool> shrunk = false;
    auto options = options_for(file, upload);
    options.deferrable = durability == Durability::kept;
    stored = remote_.store(path, content_of(*upload.spool, size, shrunk), options, ctx);
    if (!stored && shrunk) return false;
  }
  if (!stored) return fail(std::move(stored));

  if (stored->modified_set && !stored->attributes.modified) stored->attributes.modified = upload.modified;
  note_upload(file, upload, size, path, stored->attributes);
  if (upload.modified && stored->modified_set) file->drop_postponed_modified(*upload.modified);
  if (upload.permissions && stored->mode_set) file->drop_postponed_permissions(*upload.permissions);
  if (const auto wanted = file->postponed_permissions()) {
    set_first_permissions(file.inode(), path, *wanted, default_file_mode_, ctx);
    file->drop_postponed_permissions(*wanted);  // not before: until then they are what is shown
  }
  return true;
}

void Saver::note_upload(const FileRef& file, const OpenFile::Upload& upload, std::uint64_t size,
                        const RemotePath& path, const Attributes& stored) {
  Attributes now = stored;
  now.size = size;
  if (!now.modified) now.modified = upload.written;
  // Of what was known before, only the mode outlives a new content.
  if (const auto before = inodes_.view(file.inode()); before && !now.mode) now.mode = before->attributes.mode;
  inodes_.saved(file.inode(), now);
  file->uploaded(upload, path, FileVersion::of(now), moments_.next());
}

Status Saver::apply_postponed_time(const FileRef& file, const RemotePath& path, const OpContext& ctx) {
  const auto modified = file->postponed_modified();
  if (!modified) return {};
  auto ok = set_modified(file.inode(), path, *modified, ctx);
  const bool refused =
      !ok && (ok.error().code == Errc::permission_denied || ok.error().code == Errc::not_permitted);
  if (refused) {
    base::log("vfs").warn("{}: the time could not be set: {}", base::printable(path.str()),
                          ok.error().describe());
    ok = {};
  }
  if (ok) file->drop_postponed_modified(*modified);
  return ok;
}

Status Saver::set_modified(InodeId inode, const RemotePath& path, base::SystemTime modified,
                           const OpContext& ctx) {
  auto answer = remote_.set_modified(path, modified, ctx);
  if (!answer) return policies_.time_set(std::move(answer), path);

  // The server may have rounded the time: what it shows now is the version that the next open will see.
  const auto shown = remote_.stat(path, ctx);
  const auto before = inodes_.view(inode);
  if (!before) return {};
  Attributes now = shown ? shown->with_gaps_from(before->attributes) : before->attributes;
  if (!shown) now.modified = modified;
  inodes_.retouched(inode, now);
  if (auto file = inodes_.opened(inode)) (*file)->retouched(FileVersion::of(now), moments_.next());
  return {};
}

void Saver::set_first_permissions(InodeId inode, const RemotePath& path, std::uint32_t wanted,
                                  std::uint32_t default_mode, const OpContext& ctx) {
  if (!policies_.sets_permissions()) return;
  auto view = inodes_.view(inode);
  if (!view || view->attributes.mode.value_or(default_mode) == wanted) return;
  auto ok = remote_.set_mode(path, wanted, ctx);
  if (ok) {
    view->attributes.mode = wanted;
    inodes_.changed(inode, view->attributes);
  } else if (ok.error().code == Errc::not_supported) {
    static_cast<void>(policies_.permissions_set(std::move(ok), path));
  } else {
    base::log("vfs").debug("{}: the permissions {:04o} could not be set: {}", base::printable(path.str()),
                           wanted, ok.error().describe());
  }
}

}  // namespace ftpsfs::vfs
