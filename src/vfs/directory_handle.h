#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ftpsfs/base/mutex.h"
#include "ftpsfs/model/dir_entry.h"
#include "ftpsfs/vfs/vfs.h"
#include "moment.h"

namespace ftpsfs::vfs {

// What one iteration over a directory goes through. Entries that our own changes have taken away since are
// left out, so that the kernel is never handed a name that it has just removed. Thread safe.
class DirectoryHandle {
 public:
  struct Listing {
    std::vector<model::DirEntry> entries;
    Moment asked = 0;
  };

  explicit DirectoryHandle(InodeId inode) : inode_(inode) {}

  InodeId inode() const { return inode_; }

  // Before the server is asked for a new listing: names that go away from now on are missing in it, whatever
  // it says.
  void begin_listing();
  void end_listing(Listing listing);

  std::shared_ptr<const Listing> listing() const;

  void name_removed(std::string_view name);
  bool is_removed(std::string_view name) const;

  // rewinddir(3): true when an iteration has begun already, so that position 0 asks for a new listing.
  bool begin_iteration();

 private:
  const InodeId inode_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const Listing> listing_ FTPSFS_GUARDED_BY(mutex_) = std::make_shared<const Listing>();
  std::set<std::string, std::less<>> removed_ FTPSFS_GUARDED_BY(mutex_);
  bool iterated_ FTPSFS_GUARDED_BY(mutex_) = false;
};

}  // namespace ftpsfs::vfs
