#include "remote_content.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::Result;

RemoteContent::RemoteContent(remote::RemoteFs& remote, model::RemotePath path, model::FileVersion version,
                             const cache::ReadStreamOptions& options, cache::LocalCopies* copies)
    : remote_(remote),
      options_(options),
      copies_(copies),
      path_(std::move(path)),
      version_(std::move(version)) {
  const base::MutexLock lock(mutex_);
  stream_ = new_stream();
}

std::shared_ptr<cache::ReadStream> RemoteContent::new_stream() const {
  return std::make_shared<cache::ReadStream>(remote_, path_, version_, options_, copies_);
}

Result<std::size_t> RemoteContent::read_at(std::uint64_t offset, std::span<std::byte> out,
                                           const base::OpContext& ctx) {
  for (;;) {
    const auto used = stream();
    if (!used) return fail(Errc::stale, "the file is no longer on the server");
    auto count = used->read_at(offset, out, ctx);
    const bool vanished =
        !count && (count.error().code == Errc::stale || count.error().code == Errc::not_found);
    if (!vanished) return count;
    if (stream() != used) continue;  // our own change made it so, and there is a stream for what came of it
    count.error().code = Errc::stale;
    return count;
  }
}

model::FileVersion RemoteContent::version() const {
  base::MutexLock lock(mutex_);
  return version_;
}

void RemoteContent::renew(const model::FileVersion& version) {
  std::shared_ptr<cache::ReadStream> old;  // ends outside the lock
  base::MutexLock lock(mutex_);
  version_ = version;
  if (stream_) old = std::exchange(stream_, new_stream());
}

void RemoteContent::moved_to(const model::RemotePath& path) {
  std::shared_ptr<cache::ReadStream> moved;
  {
    base::MutexLock lock(mutex_);
    path_ = path;
    moved = stream_;
  }
  if (moved) moved->moved_to(path);
}

void RemoteContent::pause() {
  if (const auto paused = stream()) paused->pause();
}

void RemoteContent::close() {
  std::shared_ptr<cache::ReadStream> old;
  base::MutexLock lock(mutex_);
  old = std::exchange(stream_, nullptr);
}

std::shared_ptr<cache::ReadStream> RemoteContent::stream() const {
  base::MutexLock lock(mutex_);
  return stream_;
}

}  // namespace ftpsfs::vfs
