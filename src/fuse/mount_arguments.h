#pragma once

#include <string>
#include <vector>

#include "ftpsfs/fuse/mount_session.h"
#include "libfuse.h"

namespace ftpsfs::fuse {

// What libfuse and the kernel are told about the mount, as fuse_session_new wants it.
class MountArguments {
 public:
  explicit MountArguments(const MountOptions& options);
  ~MountArguments();
  MountArguments(const MountArguments&) = delete;
  MountArguments& operator=(const MountArguments&) = delete;

  fuse_args* get() { return &arguments_; }

 private:
  void add(const std::string& argument);

  fuse_args arguments_{};
};

// One value inside an -o list, with commas and backslashes escaped.
std::string escape_option(std::string_view value);

}  // namespace ftpsfs::fuse
