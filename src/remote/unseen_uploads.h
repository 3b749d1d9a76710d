#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/mutex.h"
#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::remote {

// What this mount has uploaded to folders where the server refuses every look ("drop boxes"), so that programs find what
// they have written. Nobody tells when such a file is taken away. Bounded: the oldest goes first. Thread safe.
class UnseenUploads {
 public:
  void put(const model::RemotePath& path, const model::Attributes& attributes) FTPSFS_EXCLUDES(mutex_);
  std::optional<model::Attributes> find(const model::RemotePath& path) const FTPSFS_EXCLUDES(mutex_);
  void drop(const model::RemotePath& path) FTPSFS_EXCLUDES(mutex_);

  // With everything below it; nothing where nothing is known of it.
  void move(const model::RemotePath& from, const model::RemotePath& to) FTPSFS_EXCLUDES(mutex_);

  void set_modified(const model::RemotePath& path, base::SystemTime modified) FTPSFS_EXCLUDES(mutex_);
  void set_mode(const model::RemotePath& path, std::uint32_t mode) FTPSFS_EXCLUDES(mutex_);

 private:
  struct Known {
    model::Attributes attributes;
    std::uint64_t number = 0;
  };

  void insert(const model::RemotePath& path, const model::Attributes& attributes) FTPSFS_REQUIRES(mutex_);
  void erase(const model::RemotePath& path) FTPSFS_REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  std::map<model::RemotePath, Known> known_ FTPSFS_GUARDED_BY(mutex_);
  std::map<std::uint64_t, model::RemotePath> by_age_ FTPSFS_GUARDED_BY(mutex_);
  std::uint64_t next_number_ FTPSFS_GUARDED_BY(mutex_) = 0;
};

}  // namespace ftpsfs::remote
