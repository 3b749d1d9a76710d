#pragma once

#include <atomic>
#include <utility>

#include "inode_table.h"

namespace ftpsfs::vfs {

// One open(2) of a file.
class FileHandle {
 public:
  FileHandle(FileRef file, const OpenFlags& flags)
      : file_(std::move(file)), flags_(flags), epoch_(file_->add_handle(flags.write)) {
    expect_flush(flags.write);
  }
  ~FileHandle() { close(); }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  const FileRef& file() const { return file_; }
  const OpenFlags& flags() const { return flags_; }
  Epoch epoch() const { return epoch_; }

  // It no longer counts as open. Only by whoever has taken it out of the table, or nobody else can reach it.
  void close() {
    expect_flush(false);
    if (std::exchange(open_, false)) file_->remove_handle(flags_.write);
  }

  // Whether its program is still to close it: true after a write, false after a flush. The kernel tells of the end of a
  // handle some time after the close that was its last.
  void expect_flush(bool expected) {
    if (flush_expected_.exchange(expected) != expected) file_->expect_flush(expected);
  }

 private:
  FileRef file_;
  const OpenFlags flags_;
  const Epoch epoch_;
  bool open_ = true;
  std::atomic<bool> flush_expected_ = false;
};

}  // namespace ftpsfs::vfs
