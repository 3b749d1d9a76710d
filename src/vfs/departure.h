#pragma once

#include <optional>
#include <string_view>

#include "inode_table.h"

namespace ftpsfs::vfs {

// A file that is about to lose its name, by unlink or because a rename replaces it, while programs may have
// it open. Its writers wait as long as this object lives.
class Departure {
 public:
  // Fetches what open handles may still read, as far as it is at most kLargestKept bytes; the handles of
  // larger files find their reads `stale` afterwards. Under a claim of the file's path.
  static base::Result<Departure> prepare(InodeTable& inodes, InodeId directory, std::string_view name,
                                         const base::OpContext& ctx);

  static constexpr std::uint64_t kLargestKept = 64 << 20;

  // The server has no such file, as far as this mount knows.
  bool is_only_here() const { return file_ && !(*file_)->on_server(); }

  // ... and cannot have it: no upload was ever tried.
  bool is_surely_only_here() const { return file_ && !(*file_)->may_be_on_server(); }

  bool has_unsaved() const { return file_ && (*file_)->has_unsaved(); }

  // The name is gone.
  void complete() {
    if (file_) (*file_)->discard();
  }

 private:
  Departure() = default;

  std::optional<FileRef> file_;  // null when nobody has it open
  std::optional<OpenFile::Turn> turn_;
};

}  // namespace ftpsfs::vfs
