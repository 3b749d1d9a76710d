#include <sys/statvfs.h>

#include "operations.h"
#include "reply_attributes.h"

namespace ftpsfs::fuse {
namespace {

constexpr unsigned long kBlock = 4096;
// Programs take 0 for "no inodes left"; FTP knows no such number.
constexpr fsfilcnt_t kPlentyOfInodes = 1'000'000;
constexpr unsigned long kMaxName = 255;

void reply_attributes_or_error(Request& request, const base::Result<vfs::FileStatus>& status) {
  if (status) {
    reply_attributes(request, *status);
  } else {
    request.fail(status.error());
  }
}

void on_getattr(fuse_req_t handle, fuse_ino_t inode, fuse_file_info* /*file*/) {
  serve(handle, "getattr", RequestKind::question, [&](Request& request) {
    reply_attributes_or_error(request, request.vfs().get_status(inode, request.ctx()));
  });
}

// Access times and what else is not named here do not exist on an FTP server and are dropped.
vfs::StatusChange to_change(const struct stat& wanted, int which) {
  const auto has = [&](int flag) { return (which & flag) != 0; };
  vfs::StatusChange change;
  if (has(FUSE_SET_ATTR_SIZE)) change.size = static_cast<std::uint64_t>(wanted.st_size);
  if (has(FUSE_SET_ATTR_MODE)) change.permissions = wanted.st_mode & 07777U;
  if (has(FUSE_SET_ATTR_UID)) change.owner = wanted.st_uid;
  if (has(FUSE_SET_ATTR_GID)) change.group = wanted.st_gid;
  if (has(FUSE_SET_ATTR_MTIME_NOW)) {
    change.modified = std::chrono::system_clock::now();
  } else if (has(FUSE_SET_ATTR_MTIME)) {
    change.modified = to_system_time(wanted.st_mtim);
  }
  return change;
}

bool is_empty(const vfs::StatusChange& change) {
  return !change.size && !change.modified && !change.permissions && !change.owner && !change.group;
}

void on_setattr(fuse_req_t handle, fuse_ino_t inode, struct stat* wanted, int which,
                fuse_file_info* /*file*/) {
  serve(handle, "setattr", RequestKind::upload, [&](Request& request) {
    const vfs::StatusChange change = to_change(*wanted, which);
    reply_attributes_or_error(request, is_empty(change)
                                           ? request.vfs().get_status(inode, request.ctx())
                                           : request.vfs().set_status(inode, change, request.ctx()));
  });
}

void on_readlink(fuse_req_t handle, fuse_ino_t inode) {
  serve(handle, "readlink", RequestKind::question, [&](Request& request) {
    const auto target = request.vfs().read_link(inode, request.ctx());
    if (!target) return request.fail(target.error());
    static_cast<void>(
        request.answer([&](fuse_req_t to) { return fuse_reply_readlink(to, target->c_str()); }));
  });
}

struct statvfs to_statvfs(const vfs::FileSystemSpace& space) {
  struct statvfs result{};
  result.f_bsize = kBlock;
  result.f_frsize = kBlock;
  result.f_blocks = space.total / kBlock;
  result.f_bavail = space.available / kBlock;
  result.f_bfree = result.f_bavail;
  result.f_files = kPlentyOfInodes;
  result.f_ffree = kPlentyOfInodes;
  result.f_favail = kPlentyOfInodes;
  result.f_namemax = kMaxName;
  return result;
}

void on_statfs(fuse_req_t handle, fuse_ino_t /*inode*/) {
  serve(handle, "statfs", RequestKind::question, [&](Request& request) {
    const auto space = request.vfs().space(request.ctx());
    if (!space) return request.fail(space.error());
    const struct statvfs numbers = to_statvfs(*space);
    static_cast<void>(request.answer([&](fuse_req_t to) { return fuse_reply_statfs(to, &numbers); }));
  });
}

}  // namespace

void add_attribute_operations(fuse_lowlevel_ops& operations) {
  operations.getattr = on_getattr;
  operations.setattr = on_setattr;
  operations.readlink = on_readlink;
  operations.statfs = on_statfs;
}

}  // namespace ftpsfs::fuse
