#pragma once

#include <atomic>

#include "ftpsfs/base/error.h"
#include "ftpsfs/model/remote_path.h"
#include "ftpsfs/vfs/vfs.h"

namespace ftpsfs::vfs {

// What becomes of times and permissions that the server cannot set. Thread safe.
class AttributePolicies {
 public:
  AttributePolicies(AttributePolicy times, AttributePolicy permissions)
      : times_(times), permissions_(permissions) {}

  // False: the server is never asked, and the program is told that all is well.
  bool sets_times() const { return times_ != AttributePolicy::ignore; }
  bool sets_permissions() const { return permissions_ != AttributePolicy::ignore; }

  // True: the program must learn from its own call what the server says, so what the change waits for is uploaded first.
  bool times_may_fail() const { return times_ == AttributePolicy::fail; }
  bool permissions_may_fail() const { return permissions_ == AttributePolicy::fail; }

  // What the program gets for the server's answer. Only a server that lacks the command is ever forgiven, with one
  // warning per mount; a file that it denies is not.
  base::Status time_set(base::Status answer, const model::RemotePath& path);
  base::Status permissions_set(base::Status answer, const model::RemotePath& path);

 private:
  const AttributePolicy times_;
  const AttributePolicy permissions_;
  std::atomic<bool> warned_of_times_{false};
  std::atomic<bool> warned_of_permissions_{false};
};

}  // namespace ftpsfs::vfs
