#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>

#include "byte_budget.h"
#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/mutex.h"
#include "ftpsfs/model/file_version.h"
#include "ftpsfs/model/remote_path.h"
#include "ftpsfs/remote/fetch_counters.h"
#include "sparse_file.h"

namespace ftpsfs::cache {

// A local file and the room that it takes of the budget.
struct CopyFile {
  SparseFile bytes;
  Reservation room;
};

// What the readers of a copy and the thread that fetches it share. Thread safe.
class GrowingCopy {
 public:
  GrowingCopy(CopyFile file, model::RemotePath path, model::FileVersion version,
              std::shared_ptr<remote::FetchCounters> counters)
      : version_(std::move(version)),
        counters_(std::move(counters)),
        file_(std::make_shared<CopyFile>(std::move(file))),
        path_(std::move(path)) {}
  ~GrowingCopy() { counters_->unused(size_ - std::min(size_, given_)); }
  GrowingCopy(const GrowingCopy&) = delete;
  GrowingCopy& operator=(const GrowingCopy&) = delete;

  const model::FileVersion& version() const { return version_; }

  // ---- for readers

  bool read_at(std::uint64_t offset, std::span<std::byte> out) FTPSFS_EXCLUDES(mutex_);

  // Somebody reads it at this moment. Whether it is to be fetched and nobody does: then the caller sees to it.
  bool wanted(base::SteadyTime now) FTPSFS_EXCLUDES(mutex_);

  void moved_to(model::RemotePath path) FTPSFS_EXCLUDES(mutex_);

  // The fetch under way, if any, ends soon.
  void interrupt() FTPSFS_EXCLUDES(mutex_);

  // It is wrong, or nobody's, or cannot be completed: nobody gets any more of it, and its disk goes back.
  void spoil() FTPSFS_EXCLUDES(mutex_);

  // ---- for the one who fetches

  struct Fetch {
    model::RemotePath path;
    std::uint64_t offset = 0;
    std::stop_token stop;
  };
  Fetch begin_fetch() FTPSFS_EXCLUDES(mutex_);
  base::Status add(std::span<const std::byte> bytes) FTPSFS_EXCLUDES(mutex_);
  std::uint64_t missing() const FTPSFS_EXCLUDES(mutex_);  // bytes; 0 when spoilt
  bool read_since(base::SteadyTime time) const FTPSFS_EXCLUDES(mutex_);
  bool is_at(const model::RemotePath& path) const FTPSFS_EXCLUDES(mutex_);
  void end_fetch(base::SteadyTime not_again_before) FTPSFS_EXCLUDES(mutex_);

 private:
  const model::FileVersion version_;
  const std::shared_ptr<remote::FetchCounters> counters_;
  mutable base::Mutex mutex_;
  std::shared_ptr<CopyFile> file_ FTPSFS_GUARDED_BY(mutex_);  // null when spoilt; written behind what is read
  model::RemotePath path_ FTPSFS_GUARDED_BY(mutex_);
  std::uint64_t size_ FTPSFS_GUARDED_BY(mutex_) = 0;   // that is here
  std::uint64_t given_ FTPSFS_GUARDED_BY(mutex_) = 0;  // bytes, to readers; some perhaps more than once
  bool being_fetched_ FTPSFS_GUARDED_BY(mutex_) = false;
  base::SteadyTime last_read_ FTPSFS_GUARDED_BY(mutex_);
  base::SteadyTime not_before_ FTPSFS_GUARDED_BY(mutex_) = base::SteadyTime::min();
  std::stop_source stop_ FTPSFS_GUARDED_BY(mutex_);  // of the present fetch, or the next one
};

}  // namespace ftpsfs::cache
