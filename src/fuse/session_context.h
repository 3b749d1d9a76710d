#pragma once

#include <functional>
#include <stop_token>

#include "ftpsfs/fuse/mount_session.h"

namespace ftpsfs::fuse {

// What every request of a session works with: libfuse's user data.
struct SessionContext {
  vfs::Vfs& vfs;
  MountOptions options;
  std::stop_source end_of_questions;  // the mount is ending: who only reads is stopped
  std::stop_source end_of_changes;    // and has been told so twice: who saves data is stopped too
  std::function<void()> ready;        // set before the loop starts
};

}  // namespace ftpsfs::fuse
