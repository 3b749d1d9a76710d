#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <span>

#include "operations.h"
#include "reply_attributes.h"

namespace ftpsfs::fuse {
namespace {

vfs::OpenFlags to_flags(int flags) {
  const int access = flags & O_ACCMODE;
  return {.read = access != O_WRONLY,
          .write = access != O_RDONLY,
          .append = (flags & O_APPEND) != 0,
          .truncate = (flags & O_TRUNC) != 0,
          .exclusive = (flags & O_EXCL) != 0};
}

// A flush saves what the handle has changed, which opening it may have done already.
enum class Opening { changes_nothing, changes };

fuse_file_info to_file_info(const fuse_file_info& asked, const vfs::OpenedFile& opened,
                            const vfs::OpenFlags& flags, Opening opening) {
  fuse_file_info result = asked;
  result.fh = opened.handle;
  result.keep_cache = opened.keep_page_cache ? 1 : 0;
  result.noflush = !flags.write && opening == Opening::changes_nothing ? 1 : 0;
  return result;
}

// A handle that the kernel never learnt of. The request itself has mostly been stopped by then.
void give_back_handle(Request& request, vfs::HandleId handle) {
  request.vfs().release(handle, base::OpContext::for_cleanup(request.options().operation_timeout));
}

void on_open(fuse_req_t handle, fuse_ino_t inode, fuse_file_info* file) {
  const vfs::OpenFlags flags = to_flags(file->flags);
  const auto kind = flags.truncate ? RequestKind::change : RequestKind::question;
  serve(handle, "open", kind, [&](Request& request) {
    const auto opened = request.vfs().open(inode, flags, request.ctx());
    if (!opened) return request.fail(opened.error());
    const auto opening = flags.truncate ? Opening::changes : Opening::changes_nothing;
    const fuse_file_info info = to_file_info(*file, *opened, flags, opening);
    if (!request.answer([&](fuse_req_t to) { return fuse_reply_open(to, &info); })) {
      give_back_handle(request, opened->handle);
    }
  });
}

void on_create(fuse_req_t handle, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* file) {
  serve(handle, "create", RequestKind::change, [&](Request& request) {
    const vfs::OpenFlags flags = to_flags(file->flags);
    const auto created = request.vfs().create(parent, name, mode & 07777U, flags, request.ctx());
    if (!created) return request.fail(created.error(), name);
    const fuse_entry_param entry = to_entry(created->status, request.options());
    const fuse_file_info info = to_file_info(*file, created->file, flags, Opening::changes);
    if (!request.answer([&](fuse_req_t to) { return fuse_reply_create(to, &entry, &info); })) {
      give_back_handle(request, created->file.handle);
      request.vfs().forget(created->status.inode, 1);
    }
  });
}

void on_read(fuse_req_t handle, fuse_ino_t /*inode*/, std::size_t size, off_t offset, fuse_file_info* file) {
  serve(handle, "read", RequestKind::question, [&](Request& request) {
    const auto buffer = std::make_unique_for_overwrite<std::byte[]>(size);
    const auto got =
        request.vfs().read(file->fh, static_cast<std::uint64_t>(offset), {buffer.get(), size}, request.ctx());
    if (!got) return request.fail(got.error());
    const auto* data = reinterpret_cast<const char*>(buffer.get());
    static_cast<void>(request.answer([&](fuse_req_t to) { return fuse_reply_buf(to, data, *got); }));
  });
}

void on_write(fuse_req_t handle, fuse_ino_t /*inode*/, const char* data, std::size_t size, off_t offset,
              fuse_file_info* file) {
  serve(handle, "write", RequestKind::change, [&](Request& request) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto origin = file->writepage != 0 ? vfs::WriteOrigin::page_cache : vfs::WriteOrigin::program;
    const auto written =
        request.vfs().write(file->fh, static_cast<std::uint64_t>(offset), bytes, request.ctx(), origin);
    if (!written) return request.fail(written.error());
    static_cast<void>(request.answer([&](fuse_req_t to) { return fuse_reply_write(to, size); }));
  });
}

// nullopt: not on this file system.
std::optional<vfs::Allocation> to_allocation(int mode) {
  switch (mode) {
    case 0: return vfs::Allocation::extend;
    case FALLOC_FL_KEEP_SIZE: return vfs::Allocation::keep_size;
    case FALLOC_FL_ZERO_RANGE: return vfs::Allocation::zero;
    case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE: return vfs::Allocation::zero_keep_size;
    default: return std::nullopt;
  }
}

void on_fallocate(fuse_req_t handle, fuse_ino_t /*inode*/, int mode, off_t offset, off_t length,
                  fuse_file_info* file) {
  serve(handle, "fallocate", RequestKind::change, [&](Request& request) {
    const auto how = to_allocation(mode);
    if (!how) return request.refuse(EOPNOTSUPP);
    request.finish(request.vfs().allocate(file->fh, *how, static_cast<std::uint64_t>(offset),
                                          static_cast<std::uint64_t>(length), request.ctx()));
  });
}

void on_flush(fuse_req_t handle, fuse_ino_t /*inode*/, fuse_file_info* file) {
  serve(handle, "flush", RequestKind::upload,
        [&](Request& request) { request.finish(request.vfs().flush(file->fh, request.ctx())); });
}

void on_fsync(fuse_req_t handle, fuse_ino_t /*inode*/, int /*data_only*/, fuse_file_info* file) {
  serve(handle, "fsync", RequestKind::upload,
        [&](Request& request) { request.finish(request.vfs().fsync(file->fh, request.ctx())); });
}

void on_release(fuse_req_t handle, fuse_ino_t /*inode*/, fuse_file_info* file) {
  serve(handle, "release", RequestKind::farewell, [&](Request& request) {
    request.vfs().release(file->fh, request.ctx());
    request.succeed();
  });
}

}  // namespace

void add_file_operations(fuse_lowlevel_ops& operations) {
  operations.open = on_open;
  operations.create = on_create;
  operations.read = on_read;
  operations.write = on_write;
  operations.fallocate = on_fallocate;
  operations.flush = on_flush;
  operations.fsync = on_fsync;
  operations.release = on_release;
}

}  // namespace ftpsfs::fuse
