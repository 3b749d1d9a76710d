#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "ftpsfs/base/mutex.h"
#include "ftpsfs/cache/read_stream.h"

namespace ftpsfs::vfs {

// The content that an open file has on the server: the read stream of one version of it, which our own
// changes replace by the next. Serves reads of a clean file and fills spools. Thread safe.
class RemoteContent {
 public:
  RemoteContent(remote::RemoteFs& remote, model::RemotePath path, model::FileVersion version,
                const cache::ReadStreamOptions& options, cache::LocalCopies* copies);

  // `stale` when the server has another version, or none at all.
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out,
                                    const base::OpContext& ctx);

  model::FileVersion version() const;

  // This mount itself made the server have `version`: reads go on with that.
  void renew(const model::FileVersion& version);

  void moved_to(const model::RemotePath& path);

  // Ends the transfer under way and gives its session back.
  void pause();

  // The path is no longer this file's: every read from now on is `stale`.
  void close();

 private:
  std::shared_ptr<cache::ReadStream> stream() const;
  std::shared_ptr<cache::ReadStream> new_stream() const FTPSFS_REQUIRES(mutex_);

  remote::RemoteFs& remote_;
  const cache::ReadStreamOptions options_;
  cache::LocalCopies* const copies_;
  mutable base::Mutex mutex_;
  model::RemotePath path_ FTPSFS_GUARDED_BY(mutex_);
  model::FileVersion version_ FTPSFS_GUARDED_BY(mutex_);
  std::shared_ptr<cache::ReadStream> stream_ FTPSFS_GUARDED_BY(mutex_);  // null after close
};

}  // namespace ftpsfs::vfs
