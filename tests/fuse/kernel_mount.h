#pragma once

#include <sys/types.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/cache/metadata_cache.h"
#include "ftpsfs/cache/spool.h"
#include "ftpsfs/fuse/mount_session.h"
#include "ftpsfs/vfs/vfs.h"
#include "support/memory_remote_fs.h"

namespace ftpsfs::fuse {

// Why no kernel mount can be tested here; empty when one can.
std::string reason_against_kernel_mounts();

// A folder of the test's own, with the mount point and the spool in it.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::filesystem::path mount_point() const { return path_ / "mount"; }
  std::filesystem::path spool() const { return path_ / "spool"; }

 private:
  std::filesystem::path path_;
};

// A Vfs over a tree in memory, mounted through the kernel and served by threads of this process.
class KernelMount {
 public:
  explicit KernelMount(const vfs::VfsOptions& options = {});
  ~KernelMount();
  KernelMount(const KernelMount&) = delete;
  KernelMount& operator=(const KernelMount&) = delete;

  testing::MemoryRemoteFs& remote() { return remote_; }
  vfs::Vfs& vfs() { return *vfs_; }
  MountSession& session() { return *session_; }
  std::filesystem::path path(std::string_view name = {}) const { return folder_.mount_point() / name; }

  // How `run` ended; waits for it, and then unmounts, so that programs that still wait get their error.
  base::Status end();
  bool has_ended() const;

 private:
  TestFolder folder_;
  testing::MemoryRemoteFs remote_;
  cache::MetadataCache cache_;
  std::unique_ptr<vfs::Vfs> vfs_;
  std::unique_ptr<MountSession> session_;
  std::future<base::Status> ended_;
};

// A program that uses the mount, so that it and not the test stalls.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();  // killed when it still runs
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const;
  int wait();  // the status as waitpid(2) tells it

 private:
  pid_t pid_ = -1;
};

}  // namespace ftpsfs::fuse
