#pragma once

#include "inode_table.h"

namespace ftpsfs::vfs {

// One row of the table; its lock guards all of it.
struct InodeTable::Inode {
  InodeId id = 0;
  Inode* parent = nullptr;  // null for the root and for a nameless inode
  std::string name;
  std::map<std::string, Inode*, std::less<>> children;
  std::uint64_t lookups = 0;

  model::Attributes attributes;
  Moment known_at = 0;                              // when `attributes` were asked for, or made so by us
  std::optional<model::FileVersion> pages_version;  // what the kernel's pages were read from

  std::shared_ptr<OpenFile> file;  // null when neither open nor unsaved
  std::size_t file_refs = 0;

  bool nameless() const { return parent == nullptr && id != kRootInode; }
  bool in_use() const { return id == kRootInode || lookups > 0 || file || !children.empty(); }
};

}  // namespace ftpsfs::vfs
