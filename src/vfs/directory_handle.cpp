#include "directory_handle.h"

namespace ftpsfs::vfs {

using base::MutexLock;

void DirectoryHandle::begin_listing() {
  MutexLock lock(mutex_);
  removed_.clear();
}

void DirectoryHandle::end_listing(Listing listing) {
  auto shared = std::make_shared<const Listing>(std::move(listing));
  MutexLock lock(mutex_);
  listing_.swap(shared);
}

std::shared_ptr<const DirectoryHandle::Listing> DirectoryHandle::listing() const {
  MutexLock lock(mutex_);
  return listing_;
}

void DirectoryHandle::name_removed(std::string_view name) {
  MutexLock lock(mutex_);
  removed_.emplace(name);
}

bool DirectoryHandle::is_removed(std::string_view name) const {
  MutexLock lock(mutex_);
  return removed_.contains(name);
}

bool DirectoryHandle::begin_iteration() {
  MutexLock lock(mutex_);
  return std::exchange(iterated_, true);
}

}  // namespace ftpsfs::vfs
