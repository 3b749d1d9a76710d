#include "reply_attributes.h"

#include <limits>

namespace ftpsfs::fuse {
namespace {

constexpr blksize_t kPreferredBlock = 128 << 10;  // what the kernel asks for in one read

mode_t type_bits(model::FileType type) {
  switch (type) {
    case model::FileType::file: return S_IFREG;
    case model::FileType::directory: return S_IFDIR;
    case model::FileType::symlink: return S_IFLNK;
    case model::FileType::other: return S_IFREG;
  }
  return S_IFREG;
}

// A server may claim any size; off_t has 63 bits.
off_t to_off(std::uint64_t size) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  return static_cast<off_t>(size < kMost ? size : kMost);
}

double seconds(std::chrono::milliseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

std::timespec to_timespec(base::SystemTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  std::timespec result{};
  result.tv_sec = static_cast<time_t>(whole.time_since_epoch().count());
  result.tv_nsec = static_cast<long>((time - whole).count());
  return result;
}

base::SystemTime to_system_time(const std::timespec& time) {
  constexpr std::int64_t kMostSeconds = std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 1;
  const std::int64_t whole = std::min(std::max<std::int64_t>(time.tv_sec, -kMostSeconds), kMostSeconds);
  return base::SystemTime(std::chrono::seconds(whole) + std::chrono::nanoseconds(time.tv_nsec));
}

struct stat to_stat(const vfs::FileStatus& status, const MountOptions& options) {
  struct stat result{};
  result.st_ino = status.inode;
  result.st_mode = type_bits(status.type) | (status.permissions & 07777U);
  result.st_nlink = status.links;  // 1 of directories: tells find(1) not to count subdirectories by it
  result.st_uid = options.owner;
  result.st_gid = options.group;
  result.st_size = to_off(status.size);
  result.st_blocks = static_cast<blkcnt_t>(result.st_size / 512 + (result.st_size % 512 != 0 ? 1 : 0));
  result.st_blksize = kPreferredBlock;
  result.st_mtim = to_timespec(status.modified);
  result.st_atim = result.st_mtim;
  result.st_ctim = result.st_mtim;
  return result;
}

fuse_entry_param to_entry(const vfs::FileStatus& status, const MountOptions& options) {
  fuse_entry_param entry{};
  entry.ino = status.inode;
  entry.attr = to_stat(status, options);
  entry.attr_timeout = seconds(options.entry_lifetime);
  entry.entry_timeout = entry.attr_timeout;
  return entry;
}

void reply_attributes(Request& request, const vfs::FileStatus& status) {
  const struct stat attributes = to_stat(status, request.options());
  const double lifetime = seconds(request.options().entry_lifetime);
  // Nothing to take back when the kernel does not want it any more.
  static_cast<void>(
      request.answer([&](fuse_req_t to) { return fuse_reply_attr(to, &attributes, lifetime); }));
}

void reply_entry(Request& request, const vfs::FileStatus& status) {
  const fuse_entry_param entry = to_entry(status, request.options());
  vfs::Vfs& vfs = request.vfs();
  if (!request.answer([&](fuse_req_t to) { return fuse_reply_entry(to, &entry); }))
    vfs.forget(status.inode, 1);
}

}  // namespace ftpsfs::fuse
