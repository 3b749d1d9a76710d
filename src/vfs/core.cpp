#include "core.h"

#include "ftpsfs/base/clock.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::FileType;
using model::RemotePath;

namespace {

Result<remote::PathClaims::Paths> only(Result<RemotePath> path) {
  if (!path) return fail(std::move(path));
  return remote::PathClaims::Paths{*std::move(path)};
}

std::unique_ptr<cache::LocalCopies> make_copies(remote::RemoteFs& remote, const cache::SpoolDirectory& spools,
                                                const VfsOptions& options) {
  if (!options.copies) return nullptr;
  return std::make_unique<cache::LocalCopies>(remote, spools.folder(), *options.copies, base::steady_clock());
}

}  // namespace

Core::Core(cache::MetadataCache& remote_fs, std::shared_ptr<cache::SpoolDirectory> spool_directory,
           VfsOptions vfs_options)
    : remote(remote_fs),
      options(std::move(vfs_options)),
      defaults{.file_mode = options.default_file_mode,
               .directory_mode = options.default_directory_mode,
               .modified = std::chrono::system_clock::now()},
      copies(make_copies(remote, *spool_directory, options)),
      services{.remote = remote,
               .spools = std::move(spool_directory),
               .reading = options.reading,
               .copies = copies.get()},
      inodes(services, moments),
      policies(options.times, options.permissions),
      saver(remote, inodes, claims, moments, policies, options.default_file_mode,
            options.concurrent_uploads) {}

Status Core::check_changeable() const {
  if (options.read_only) return fail(Errc::read_only, "the file system is mounted read-only");
  return {};
}

Result<remote::PathClaims::Claim> Core::claim(InodeId inode, const OpContext& ctx) {
  return claims.claim([&] { return only(inodes.path_of(inode)); }, ctx);
}

Result<remote::PathClaims::Claim> Core::claim(InodeId directory, std::string_view name,
                                              const OpContext& ctx) {
  return claims.claim([&] { return only(inodes.path_of_entry(directory, name)); }, ctx);
}

Result<Core::Answer> Core::ask(InodeId inode, Freshness freshness, const OpContext& ctx) {
  for (;;) {
    auto path = inodes.path_of(inode);
    if (!path) return fail(std::move(path));
    const Moment asked = moments.next();
    using Intent = cache::MetadataCache::Intent;
    const auto intent = freshness == Freshness::server_to_read ? Intent::to_read : Intent::to_know;
    auto attributes =
        freshness == Freshness::snapshot ? remote.stat(*path, ctx) : remote.revalidate(*path, ctx, intent);
    if (attributes) {
      auto view = inodes.learn(inode, *attributes, asked);
      if (!view) return fail(std::move(view));
      return Answer{.view = *std::move(view), .path = *std::move(path), .asked = asked};
    }
    if (attributes.error().code != Errc::not_found) return fail(std::move(attributes));
    auto waited = claims.wait_until_free(*path, ctx);
    if (!waited) return fail(std::move(waited));
    if (!*waited) return fail(std::move(attributes));
  }
}

Status Core::check_absent(const RemotePath& path, const OpContext& ctx) {
  const auto found = remote.revalidate(path, ctx);
  if (found) return fail(Errc::exists, "the name is taken on the server");
  if (found.error().code != Errc::not_found) return std::unexpected(found.error());
  return {};
}

void Core::name_removed(InodeId directory, std::string_view name) {
  for (const auto& handle : directories.all()) {
    if (handle->inode() == directory) handle->name_removed(name);
  }
}

Status check_type(const InodeView& view, FileType wanted) {
  const FileType type = view.attributes.type;
  if (type == wanted) return {};
  if (wanted == FileType::directory) return fail(Errc::not_a_directory, "not a directory");
  if (type == FileType::directory) return fail(Errc::is_a_directory, "a directory");
  return fail(Errc::invalid_argument, "not the type of file that this operation is for");
}

}  // namespace ftpsfs::vfs
