#pragma once

// A Vfs over the real caches over a server in memory, and short words for what a program does to it.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ftpsfs/cache/metadata_cache.h"
#include "ftpsfs/vfs/vfs.h"
#include "support/fake_clock.h"
#include "support/memory_remote_fs.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::OpContext;
using Operation = testing::MemoryRemoteFs::Operation;

class VfsTest : public ::testing::Test {
 protected:
  VfsTest();
  ~VfsTest() override;

  // A new Vfs on the same server, with cold caches.
  void remount(const VfsOptions& options = {});

  // Lets everything in the metadata cache expire.
  void let_snapshots_expire() { clock.advance(std::chrono::minutes(1)); }

  // The inode at a path, with one lookup of each of its components.
  InodeId inode_of(std::string_view path);
  Errc lookup_error(InodeId parent, std::string_view name);

  FileStatus status_of(InodeId inode);
  FileStatus status_at(std::string_view path) { return status_of(inode_of(path)); }

  HandleId open(std::string_view path, const OpenFlags& flags = {});
  HandleId open_to_write(std::string_view path) { return open(path, {.write = true}); }
  HandleId create(std::string_view name, std::uint32_t mode = 0644, const OpenFlags& flags = {.write = true});

  base::Status write(HandleId handle, std::uint64_t offset, std::string_view text);
  base::Result<std::string> try_read(HandleId handle, std::uint64_t offset = 0, std::size_t length = 1 << 16);
  std::string read(HandleId handle, std::uint64_t offset = 0, std::size_t length = 1 << 16);
  base::Status close(HandleId handle);  // flush and release, as the kernel does

  // Names, without dots, and their statuses.
  std::map<std::string, FileStatus> list(InodeId directory);
  std::set<std::string> names(HandleId directory_handle);

  std::size_t calls(Operation operation) const { return server.calls(operation); }

  testing::MemoryRemoteFs server;
  testing::FakeClock clock;
  const OpContext ctx = OpContext::with_timeout(std::chrono::seconds(60));
  std::shared_ptr<cache::SpoolDirectory> spools;
  std::unique_ptr<cache::MetadataCache> cache;
  std::unique_ptr<Vfs> vfs;

 private:
  std::filesystem::path folder_;
};

// The error of a result that must not be a success.
template <class T>
Errc error_of(const base::Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? Errc::internal : result.error().code;
}

#define ASSERT_OK(expression)                               \
  do {                                                      \
    const auto& ok_result = (expression);                   \
    ASSERT_TRUE(ok_result) << ok_result.error().describe(); \
  } while (false)
#define EXPECT_OK(expression)                               \
  do {                                                      \
    const auto& ok_result = (expression);                   \
    EXPECT_TRUE(ok_result) << ok_result.error().describe(); \
  } while (false)

}  // namespace ftpsfs::vfs
