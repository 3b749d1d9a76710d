#pragma once

// Which inodes live, what they are called and what is known of them.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "file_status.h"
#include "moment.h"
#include "open_file.h"

namespace ftpsfs::vfs {

class InodeTable;

// Keeps the open file of an inode, and so the inode, alive. May be held across anything.
class FileRef {
 public:
  FileRef(FileRef&& other) noexcept
      : table_(std::exchange(other.table_, nullptr)), inode_(other.inode_), file_(std::move(other.file_)) {}
  FileRef& operator=(FileRef&&) = delete;
  ~FileRef();

  InodeId inode() const { return inode_; }
  OpenFile* operator->() const { return file_.get(); }
  OpenFile& operator*() const { return *file_; }

 private:
  friend class InodeTable;
  FileRef(InodeTable& table, InodeId inode, std::shared_ptr<OpenFile> file)
      : table_(&table), inode_(inode), file_(std::move(file)) {}

  InodeTable* table_;
  InodeId inode_;
  std::shared_ptr<OpenFile> file_;
};

// Thread safe; nothing here blocks. The lock is taken before an OpenFile's, never after.
//
// An inode lives while the kernel knows it (lookup count), somebody has it open, it has unsaved data, or a
// living inode lies below it. Its number is a hash of its path at its birth, or the next one that is free:
// the same file gets the same number after the kernel forgot it, and no two living inodes ever share one.
class InodeTable {
 public:
  InodeTable(const FileServices& services, MomentCounter& moments);
  ~InodeTable();

  // --- Paths: `stale` for an unknown inode, `not_found` for a nameless one ---

  base::Result<model::RemotePath> path_of(InodeId inode) const;
  base::Result<model::RemotePath> path_of_entry(InodeId directory, std::string_view name) const;
  base::Result<InodeId> parent_of(InodeId inode) const;  // the root's is the root

  // --- Views ---

  base::Result<InodeView> view(InodeId inode) const;
  std::optional<InodeView> find(InodeId directory, std::string_view name) const;

  // --- Lookups ---

  // The inode of an entry that the server has, with one more lookup. When the name had another type of file
  // before, that inode loses it.
  base::Result<InodeView> enter(InodeId directory, std::string_view name, const model::Attributes& attributes,
                                Moment asked);

  // The inode of an entry for which the server need not be asked, with one more lookup.
  std::optional<InodeView> enter_local(InodeId directory, std::string_view name);

  // The inode of an entry of a listing that may be old by now: what is known better stays. Without
  // `count_lookup` no inode is made, and the number is the one that it would get.
  base::Result<InodeView> enter_listed(InodeId directory, std::string_view name,
                                       const model::Attributes& attributes, Moment asked, bool count_lookup);

  void count_lookup(InodeId inode);
  void forget(InodeId inode, std::uint64_t count);

  // --- Knowledge ---

  // An answer of the server. `stale` when the path has another type of file now.
  base::Result<InodeView> learn(InodeId inode, const model::Attributes& attributes, Moment asked);

  // Our own change left the server's file like this.
  void changed(InodeId inode, const model::Attributes& attributes);

  // The same, and the kernel's pages hold just this version.
  void saved(InodeId inode, const model::Attributes& attributes);

  // The same, and only the time has changed: pages that were right before are right now.
  void retouched(InodeId inode, const model::Attributes& attributes);

  // Whether the kernel may have pages of it.
  bool was_opened(InodeId inode) const;

  // The kernel's pages will be read from `version`; true when they already were.
  bool note_opened(InodeId inode, const model::FileVersion& version);

  // --- Files ---

  base::Result<FileRef> open_file(InodeId inode);
  std::optional<FileRef> opened(InodeId inode);  // only when there is something to it
  std::optional<FileRef> opened(InodeId directory, std::string_view name);

  // A file that only this mount has so far, with one lookup. `exists` when the name is taken by a file like
  // that.
  base::Result<FileRef> create(InodeId directory, std::string_view name, const model::Attributes& attributes,
                               std::shared_ptr<OpenFile> file);

  std::vector<FileRef> files_below(InodeId inode);  // and of itself
  std::vector<FileRef> all_files();

  // Entries of a directory that the server does not have yet.
  std::vector<std::string> local_names(InodeId directory) const;

  // --- Names ---

  void remove(InodeId directory, std::string_view name);
  void move(InodeId from_directory, std::string_view from, InodeId to_directory, std::string_view to);

 private:
  friend class FileRef;
  struct Inode;

  Inode* at(InodeId inode) const FTPSFS_REQUIRES(mutex_);
  Inode* child(InodeId directory, std::string_view name) const FTPSFS_REQUIRES(mutex_);
  base::Result<model::RemotePath> path(const Inode* inode) const FTPSFS_REQUIRES(mutex_);
  base::Result<model::RemotePath> path_below(const Inode* directory, std::string_view name) const
      FTPSFS_REQUIRES(mutex_);
  InodeView view(const Inode& inode) const FTPSFS_REQUIRES(mutex_);
  InodeId number_for(const model::RemotePath& path) const FTPSFS_REQUIRES(mutex_);
  base::Result<Inode*> add(InodeId directory, std::string_view name) FTPSFS_REQUIRES(mutex_);
  void learn(Inode& inode, const model::Attributes& attributes, Moment asked) FTPSFS_REQUIRES(mutex_);
  void set(Inode& inode, const model::Attributes& attributes) FTPSFS_REQUIRES(mutex_);
  FileRef reference(Inode& inode) FTPSFS_REQUIRES(mutex_);
  void collect(Inode& inode, std::vector<FileRef>& files) FTPSFS_REQUIRES(mutex_);
  void detach(Inode& inode) FTPSFS_REQUIRES(mutex_);
  void drop_unused(Inode* inode) FTPSFS_REQUIRES(mutex_);
  void release(InodeId inode);

  const FileServices& services_;
  MomentCounter& moments_;
  mutable base::Mutex mutex_;
  std::unordered_map<InodeId, std::unique_ptr<Inode>> inodes_ FTPSFS_GUARDED_BY(mutex_);
};

}  // namespace ftpsfs::vfs
