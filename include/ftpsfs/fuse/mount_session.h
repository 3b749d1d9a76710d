#pragma once

// The kernel side: a FUSE mount that serves a Vfs through libfuse's low-level API.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ftpsfs/base/error.h"
#include "ftpsfs/vfs/vfs.h"

namespace ftpsfs::fuse {

struct MountOptions {
  std::filesystem::path mount_point;
  std::string source;  // shown by mount(8) and df, without any password
  std::vector<std::string>
      kernel_options;           // passed on to mount: allow_other, default_permissions, ro, nodev, …
  bool debug_requests = false;  // libfuse's own trace of kernel requests
  unsigned max_threads = 32;    // workers; libfuse's default of 10 deadlocks a stalled mount
  std::uint32_t owner = 0;      // shown as the owner of everything
  std::uint32_t group = 0;
  std::chrono::milliseconds operation_timeout{30'000};  // the deadline of one request
  std::chrono::milliseconds upload_timeout{
      300'000};  // without progress: final reply of an upload (flush, fsync)
  std::chrono::milliseconds entry_lifetime{1'000};  // how long the kernel may use names and attributes
};

class MountSession {
 public:
  // Mounts. Errors name the reason and what to do (mount point missing or dead, not permitted, no /dev/fuse,
  // fusermount3 missing); a mount point that is not empty is only warned of. From here to the end of the session
  // SIGINT, SIGTERM and SIGHUP end `run` instead of the process; one session at a time. `vfs` must outlive it.
  static base::Result<std::unique_ptr<MountSession>> mount(vfs::Vfs& vfs, const MountOptions& options);
  ~MountSession();  // unmounts if still mounted

  // Serves requests until the file system is unmounted, SIGINT, SIGTERM or SIGHUP arrives or `stop` is called.
  // The end stops requests that only read; those that change or save something go on to their deadline, unless a
  // second signal or `stop` comes. `ready` is called once, by a thread of libfuse, when the kernel has said hello
  // and the mount answers. Returns an error when the loop ended for another reason.
  base::Status run(const std::function<void()>& ready);

  // Ends `run`; any thread may call it.
  void stop();

 private:
  class Impl;
  explicit MountSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The one map from an Error to the errno a program sees.
int to_errno(const base::Error& error);

}  // namespace ftpsfs::fuse
