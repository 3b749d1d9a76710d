#include "ftpsfs/vfs/vfs.h"

#include "core.h"
#include "ftpsfs/base/log.h"

namespace ftpsfs::vfs {

using base::OpContext;
using base::Result;
using base::Status;

Vfs::Vfs(cache::MetadataCache& remote, std::shared_ptr<cache::SpoolDirectory> spools, VfsOptions options)
    : impl_(std::make_unique<Impl>(remote, std::move(spools), std::move(options))) {}

Vfs::~Vfs() = default;

Result<FileSystemSpace> Vfs::space(const OpContext& ctx) {
  auto space = impl_->remote.space(ctx);
  if (!space && space.error().code == base::Errc::not_supported) return impl_->options.assumed_space;
  if (!space) return base::fail(std::move(space));
  if (!*space) return impl_->options.assumed_space;
  return FileSystemSpace{.total = (*space)->total, .available = (*space)->available};
}

Status Vfs::flush_all(const OpContext& ctx) {
  Status first;
  for (const FileRef& file : impl_->inodes.all_files()) {
    auto saved = impl_->saver.save(file, Durability::kept, ctx);
    if (saved) {
      file->drop_saved_spool();
      continue;
    }
    const auto path = impl_->inodes.path_of(file.inode());
    base::log("vfs").error("{} could not be saved: {}",
                           path ? base::printable(path->str()) : "a removed file", saved.error().describe());
    if (first) first = std::move(saved);
  }
  return first;
}

}  // namespace ftpsfs::vfs
