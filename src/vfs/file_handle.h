#pragma once

#include <utility>

#include "inode_table.h"

namespace ftpsfs::vfs {

// One open(2) of a file.
class FileHandle {
 public:
  FileHandle(FileRef file, const OpenFlags& flags)
      : file_(std::move(file)), flags_(flags), epoch_(file_->add_handle(flags.write)) {}
  ~FileHandle() { close(); }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  const FileRef& file() const { return file_; }
  const OpenFlags& flags() const { return flags_; }
  Epoch epoch() const { return epoch_; }

  // It no longer counts as open. Only by whoever has taken it out of the table, or nobody else can reach it.
  void close() {
    if (std::exchange(open_, false)) file_->remove_handle(flags_.write);
  }

 private:
  FileRef file_;
  const OpenFlags flags_;
  const Epoch epoch_;
  bool open_ = true;
};

}  // namespace ftpsfs::vfs
