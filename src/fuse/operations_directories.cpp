#include <string>
#include <vector>

#include "operations.h"
#include "reply_attributes.h"

namespace ftpsfs::fuse {
namespace {

constexpr off_t kMaxPosition = 0x7fff'ffff'ffff'ffff;

void on_opendir(fuse_req_t handle, fuse_ino_t inode, fuse_file_info* file) {
  serve(handle, "opendir", RequestKind::question, [&](Request& request) {
    const auto opened = request.vfs().open_directory(inode, request.ctx());
    if (!opened) return request.fail(opened.error());
    fuse_file_info info = *file;
    info.fh = *opened;
    if (!request.answer([&](fuse_req_t to) { return fuse_reply_open(to, &info); })) {
      request.vfs().release_directory(*opened);
    }
  });
}

bool is_dot(std::string_view name) { return name == "." || name == ".."; }

// A reply to readdir or readdirplus while it grows.
class EntryBuffer {
 public:
  EntryBuffer(Request& request, std::size_t capacity) : request_(request), buffer_(capacity) {}

  // False when the entry does not fit any more.
  bool add(const vfs::Vfs::DirectoryItem& item) {
    name_ = item.name;
    const fuse_entry_param entry = to_entry(item.status, request_.options());
    const auto position = static_cast<off_t>(item.next & kMaxPosition);
    return took(fuse_add_direntry(request_.handle(), end(), room(), name_.c_str(), &entry.attr, position));
  }

  bool add_with_attributes(const vfs::Vfs::DirectoryItem& item) {
    name_ = item.name;
    fuse_entry_param entry = to_entry(item.status, request_.options());
    if (is_dot(item.name)) entry.ino = 0;  // counts no lookup; the kernel knows these two by itself
    const auto position = static_cast<off_t>(item.next & kMaxPosition);
    if (!took(fuse_add_direntry_plus(request_.handle(), end(), room(), name_.c_str(), &entry, position)))
      return false;
    if (entry.ino != 0) looked_up_.push_back(entry.ino);
    return true;
  }

  bool reply() {
    return request_.answer([&](fuse_req_t to) { return fuse_reply_buf(to, buffer_.data(), used_); });
  }

  void give_lookups_back() {
    for (const vfs::InodeId inode : looked_up_) request_.vfs().forget(inode, 1);
    looked_up_.clear();
  }

 private:
  char* end() { return buffer_.data() + used_; }
  std::size_t room() const { return buffer_.size() - used_; }

  bool took(std::size_t size) {
    if (size > room()) return false;
    used_ += size;
    return true;
  }

  Request& request_;
  std::vector<char> buffer_;
  std::size_t used_ = 0;
  std::string name_;  // with the NUL that libfuse wants
  std::vector<vfs::InodeId> looked_up_;
};

void on_readdir(fuse_req_t handle, fuse_ino_t /*inode*/, std::size_t size, off_t position,
                fuse_file_info* file) {
  serve(handle, "readdir", RequestKind::question, [&](Request& request) {
    EntryBuffer buffer(request, size);
    const auto status = request.vfs().read_directory(
        file->fh, static_cast<std::uint64_t>(position), false,
        [&](const auto& item) { return buffer.add(item); }, request.ctx());
    if (!status) return request.fail(status.error());
    static_cast<void>(buffer.reply());
  });
}

void on_readdirplus(fuse_req_t handle, fuse_ino_t /*inode*/, std::size_t size, off_t position,
                    fuse_file_info* file) {
  serve(handle, "readdirplus", RequestKind::question, [&](Request& request) {
    EntryBuffer buffer(request, size);
    const auto status = request.vfs().read_directory(
        file->fh, static_cast<std::uint64_t>(position), true,
        [&](const auto& item) { return buffer.add_with_attributes(item); }, request.ctx());
    if (!status) {
      buffer.give_lookups_back();
      return request.fail(status.error());
    }
    if (!buffer.reply()) buffer.give_lookups_back();
  });
}

void on_releasedir(fuse_req_t handle, fuse_ino_t /*inode*/, fuse_file_info* file) {
  serve(handle, "releasedir", RequestKind::farewell, [&](Request& request) {
    request.vfs().release_directory(file->fh);
    request.succeed();
  });
}

void on_fsyncdir(fuse_req_t handle, fuse_ino_t inode, int /*data_only*/, fuse_file_info* /*file*/) {
  serve(handle, "fsyncdir", RequestKind::upload,
        [&](Request& request) { request.finish(request.vfs().fsync_directory(inode, request.ctx())); });
}

}  // namespace

void add_directory_operations(fuse_lowlevel_ops& operations) {
  operations.opendir = on_opendir;
  operations.readdir = on_readdir;
  operations.readdirplus = on_readdirplus;
  operations.releasedir = on_releasedir;
  operations.fsyncdir = on_fsyncdir;
}

}  // namespace ftpsfs::fuse
