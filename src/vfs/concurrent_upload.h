#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "ftpsfs/base/mutex.h"
#include "ftpsfs/cache/spool.h"
#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::vfs {

// The upload of a file that is still being written from its beginning on. The writers say how far its bytes are final for
// the time being, and one thread of ConcurrentUploads sends them. Nobody waits for it but `finish`. A change of what has
// been sent abandons it; then the file is uploaded afresh at its flush. Thread safe.
class ConcurrentUpload {
 public:
  // [0, written) of the spool may be sent.
  ConcurrentUpload(std::shared_ptr<cache::Spool> spool, model::RemotePath path, remote::StoreOptions options,
                   std::uint64_t written);

  // --- The writers, one at a time ---

  // Bytes from `offset` on are about to change; and have changed, so that [0, written) may be sent now.
  void before_change(std::uint64_t offset) FTPSFS_EXCLUDES(mutex_);
  void after_change(std::uint64_t written) FTPSFS_EXCLUDES(mutex_);

  // Ends it without a trace. Does not wait.
  void abandon() FTPSFS_EXCLUDES(mutex_);

  // A full disk or quota that has ended it, told once: a writer need not go on for hours.
  std::optional<base::Error> take_lack_of_space() FTPSFS_EXCLUDES(mutex_);

  // --- The flush, under the claim of the path ---

  // Lets it end after `size` bytes, of which all are final as long as they do not change, and waits for that. Only the
  // caller's stop ends the wait early; the upload's own limits end it otherwise. An error means that the path is
  // untouched, unless it is one that leaves the outcome of its last step open.
  base::Result<remote::Stored> finish(std::uint64_t size, const std::optional<base::SystemTime>& modified,
                                      const std::optional<std::uint32_t>& mode, const base::OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);

  const model::RemotePath& path() const { return path_; }

  // --- The thread ---

  void run(remote::RemoteFs& remote) FTPSFS_EXCLUDES(mutex_);

 private:
  base::Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> out, const base::OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);
  base::Result<std::size_t> wait_for_bytes(std::uint64_t offset, std::size_t most, const base::OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);

  const std::shared_ptr<cache::Spool> spool_;
  const model::RemotePath path_;
  std::stop_source stop_;

  mutable base::Mutex mutex_;
  base::CondVar changed_;
  // Changed by `finish` before the thread learns the end, and read by the implementation of `store` after that only.
  remote::StoreOptions options_;
  std::uint64_t written_ FTPSFS_GUARDED_BY(mutex_);
  std::uint64_t taken_ FTPSFS_GUARDED_BY(mutex_) = 0;  // may be on the server
  std::optional<std::uint64_t> end_ FTPSFS_GUARDED_BY(mutex_);
  std::optional<base::Result<remote::Stored>> result_ FTPSFS_GUARDED_BY(mutex_);
  bool space_told_ FTPSFS_GUARDED_BY(mutex_) = false;
};

// The threads that run them: `most` at a time, each of which holds a connection. Thread safe.
class ConcurrentUploads {
 public:
  ConcurrentUploads(remote::RemoteFs& remote, std::size_t most) : remote_(remote), most_(most) {}
  ~ConcurrentUploads();  // abandons what runs
  ConcurrentUploads(const ConcurrentUploads&) = delete;
  ConcurrentUploads& operator=(const ConcurrentUploads&) = delete;

  bool possible() const { return most_ > 0; }

  // False when all threads are busy.
  bool start(const std::shared_ptr<ConcurrentUpload>& upload) FTPSFS_EXCLUDES(mutex_);

 private:
  struct Run {
    std::shared_ptr<ConcurrentUpload> upload;
    std::shared_ptr<std::atomic<bool>> ended;
    std::jthread thread;
  };

  remote::RemoteFs& remote_;
  const std::size_t most_;
  base::Mutex mutex_;
  std::vector<Run> runs_ FTPSFS_GUARDED_BY(mutex_);
};

}  // namespace ftpsfs::vfs
