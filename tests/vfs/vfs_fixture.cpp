#include "vfs_fixture.h"

#include <unistd.h>

#include <atomic>

namespace ftpsfs::vfs {

namespace {

std::filesystem::path new_folder() {
  static std::atomic<int> count = 0;
  return std::filesystem::path(::testing::TempDir()) /
         ("ftpsfs-vfs-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
}

}  // namespace

VfsTest::VfsTest() : folder_(new_folder()) {
  auto opened = cache::SpoolDirectory::open(folder_, 1 << 30);
  if (!opened) throw std::runtime_error(opened.error().describe());
  spools = *std::move(opened);
  remount();
}

VfsTest::~VfsTest() {
  vfs.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void VfsTest::remount(const VfsOptions& options) {
  vfs.reset();
  cache = std::make_unique<cache::MetadataCache>(server, cache::MetadataCacheOptions{}, clock);
  vfs = std::make_unique<Vfs>(*cache, spools, options);
}

InodeId VfsTest::inode_of(std::string_view path) {
  InodeId inode = kRootInode;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    if (!name.empty()) {
      const auto found = vfs->lookup(inode, name, ctx);
      EXPECT_TRUE(found) << name << ": " << found.error().describe();
      if (!found) return 0;
      inode = found->inode;
    }
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return inode;
}

Errc VfsTest::lookup_error(InodeId parent, std::string_view name) {
  return error_of(vfs->lookup(parent, name, ctx));
}

FileStatus VfsTest::status_of(InodeId inode) {
  const auto status = vfs->get_status(inode, ctx);
  EXPECT_TRUE(status) << status.error().describe();
  return status.value_or(FileStatus{});
}

HandleId VfsTest::open(std::string_view path, const OpenFlags& flags) {
  const auto opened = vfs->open(inode_of(path), flags, ctx);
  EXPECT_TRUE(opened) << path << ": " << opened.error().describe();
  return opened ? opened->handle : 0;
}

HandleId VfsTest::create(std::string_view name, std::uint32_t mode, const OpenFlags& flags) {
  const auto created = vfs->create(kRootInode, name, mode, flags, ctx);
  EXPECT_TRUE(created) << name << ": " << created.error().describe();
  return created ? created->file.handle : 0;
}

base::Status VfsTest::write(HandleId handle, std::uint64_t offset, std::string_view text) {
  return vfs->write(handle, offset, std::as_bytes(std::span(text)), ctx);
}

base::Result<std::string> VfsTest::try_read(HandleId handle, std::uint64_t offset, std::size_t length) {
  std::string text(length, '\0');
  auto count = vfs->read(handle, offset, std::as_writable_bytes(std::span(text)), ctx);
  if (!count) return base::fail(std::move(count));
  text.resize(*count);
  return text;
}

std::string VfsTest::read(HandleId handle, std::uint64_t offset, std::size_t length) {
  auto text = try_read(handle, offset, length);
  EXPECT_TRUE(text) << text.error().describe();
  return text.value_or("");
}

base::Status VfsTest::close(HandleId handle) {
  auto flushed = vfs->flush(handle, ctx);
  vfs->release(handle, ctx);
  return flushed;
}

std::map<std::string, FileStatus> VfsTest::list(InodeId directory) {
  std::map<std::string, FileStatus> result;
  const auto handle = vfs->open_directory(directory, ctx);
  EXPECT_TRUE(handle) << handle.error().describe();
  if (!handle) return result;
  EXPECT_OK(vfs->read_directory(
      *handle, 2, false,
      [&](const Vfs::DirectoryItem& item) {
        result.emplace(item.name, item.status);
        return true;
      },
      ctx));
  vfs->release_directory(*handle);
  return result;
}

std::set<std::string> VfsTest::names(HandleId directory_handle) {
  std::set<std::string> result;
  EXPECT_OK(vfs->read_directory(
      directory_handle, 2, false,
      [&](const Vfs::DirectoryItem& item) { return result.emplace(item.name).second; }, ctx));
  return result;
}

}  // namespace ftpsfs::vfs
