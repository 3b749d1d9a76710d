#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/mutex.h"

namespace ftpsfs::vfs {

// The open handles of one kind. Thread safe. An operation keeps the handle it works on alive, also when it is
// released meanwhile.
template <class Handle>
class HandleTable {
 public:
  std::uint64_t add(std::shared_ptr<Handle> handle) {
    base::MutexLock lock(mutex_);
    const std::uint64_t id = next_++;
    handles_.emplace(id, std::move(handle));
    return id;
  }

  base::Result<std::shared_ptr<Handle>> find(std::uint64_t id) const {
    base::MutexLock lock(mutex_);
    const auto found = handles_.find(id);
    if (found == handles_.end()) return base::fail(base::Errc::invalid_argument, "no such open handle");
    return found->second;
  }

  // The handle, for whoever finishes it; null when there is none.
  std::shared_ptr<Handle> remove(std::uint64_t id) {
    base::MutexLock lock(mutex_);
    auto node = handles_.extract(id);
    return node ? std::move(node.mapped()) : nullptr;
  }

  std::vector<std::shared_ptr<Handle>> all() const {
    base::MutexLock lock(mutex_);
    std::vector<std::shared_ptr<Handle>> result;
    result.reserve(handles_.size());
    for (const auto& [id, handle] : handles_) result.push_back(handle);
    return result;
  }

 private:
  mutable base::Mutex mutex_;
  std::uint64_t next_ FTPSFS_GUARDED_BY(mutex_) = 1;
  std::unordered_map<std::uint64_t, std::shared_ptr<Handle>> handles_ FTPSFS_GUARDED_BY(mutex_);
};

}  // namespace ftpsfs::vfs
