#include <linux/fs.h>
#include <sys/stat.h>

#include <cerrno>

#include "operations.h"
#include "reply_attributes.h"

namespace ftpsfs::fuse {
namespace {

void reply_entry_or_error(Request& request, const base::Result<vfs::FileStatus>& status, const char* name) {
  if (status) {
    reply_entry(request, *status);
  } else {
    request.fail(status.error(), name);
  }
}

void on_lookup(fuse_req_t handle, fuse_ino_t parent, const char* name) {
  serve(handle, "lookup", RequestKind::question, [&](Request& request) {
    reply_entry_or_error(request, request.vfs().lookup(parent, name, request.ctx()), name);
  });
}

vfs::Vfs& vfs_of(fuse_req_t handle) { return static_cast<SessionContext*>(fuse_req_userdata(handle))->vfs; }

void on_forget(fuse_req_t handle, fuse_ino_t inode, std::uint64_t count) {
  vfs_of(handle).forget(inode, count);
  fuse_reply_none(handle);
}

void on_forget_multi(fuse_req_t handle, std::size_t count, fuse_forget_data* forgets) {
  for (std::size_t i = 0; i < count; ++i) vfs_of(handle).forget(forgets[i].ino, forgets[i].nlookup);
  fuse_reply_none(handle);
}

void on_mknod(fuse_req_t handle, fuse_ino_t parent, const char* name, mode_t mode, dev_t /*device*/) {
  serve(handle, "mknod", RequestKind::upload, [&](Request& request) {
    if (!S_ISREG(mode)) return request.refuse(EPERM);
    reply_entry_or_error(request, request.vfs().make_file(parent, name, mode & 07777U, request.ctx()), name);
  });
}

void on_mkdir(fuse_req_t handle, fuse_ino_t parent, const char* name, mode_t mode) {
  serve(handle, "mkdir", RequestKind::change, [&](Request& request) {
    reply_entry_or_error(request, request.vfs().make_directory(parent, name, mode & 07777U, request.ctx()),
                         name);
  });
}

void on_unlink(fuse_req_t handle, fuse_ino_t parent, const char* name) {
  serve(handle, "unlink", RequestKind::change, [&](Request& request) {
    request.finish(request.vfs().remove_file(parent, name, request.ctx()), name);
  });
}

void on_rmdir(fuse_req_t handle, fuse_ino_t parent, const char* name) {
  serve(handle, "rmdir", RequestKind::change, [&](Request& request) {
    request.finish(request.vfs().remove_directory(parent, name, request.ctx()), name);
  });
}

// May upload the file first.
void on_rename(fuse_req_t handle, fuse_ino_t parent, const char* name, fuse_ino_t new_parent,
               const char* new_name, unsigned flags) {
  serve(handle, "rename", RequestKind::upload, [&](Request& request) {
    if ((flags & ~unsigned{RENAME_NOREPLACE}) != 0) return request.refuse(EINVAL);
    const auto mode =
        (flags & RENAME_NOREPLACE) != 0 ? vfs::RenameMode::no_replace : vfs::RenameMode::replace;
    request.finish(request.vfs().rename(parent, name, new_parent, new_name, mode, request.ctx()), name);
  });
}

void on_symlink(fuse_req_t handle, const char* target, fuse_ino_t parent, const char* name) {
  serve(handle, "symlink", RequestKind::change, [&](Request& request) {
    reply_entry_or_error(request, request.vfs().make_symlink(parent, name, target, request.ctx()), name);
  });
}

// FTP has no command for hard links.

void on_link(fuse_req_t handle, fuse_ino_t /*inode*/, fuse_ino_t /*new_parent*/, const char* /*new_name*/) {
  fuse_reply_err(handle, EPERM);
}

}  // namespace

void add_name_operations(fuse_lowlevel_ops& operations) {
  operations.lookup = on_lookup;
  operations.forget = on_forget;
  operations.forget_multi = on_forget_multi;
  operations.mknod = on_mknod;
  operations.mkdir = on_mkdir;
  operations.unlink = on_unlink;
  operations.rmdir = on_rmdir;
  operations.rename = on_rename;
  operations.symlink = on_symlink;
  operations.link = on_link;
}

}  // namespace ftpsfs::fuse
