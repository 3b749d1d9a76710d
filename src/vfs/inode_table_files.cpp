// The part of InodeTable that ties inodes to open files and moves names.

#include "inode.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::Result;

FileRef::~FileRef() {
  if (table_) table_->release(inode_);
}

Result<FileRef> InodeTable::open_file(InodeId inode) {
  MutexLock lock(mutex_);
  Inode* found = at(inode);
  if (!found) return fail(Errc::stale, "the inode is unknown");
  if (!found->file) found->file = std::make_shared<OpenFile>(services_);
  return reference(*found);
}

std::optional<FileRef> InodeTable::opened(InodeId inode) {
  MutexLock lock(mutex_);
  Inode* found = at(inode);
  if (!found || !found->file) return std::nullopt;
  return reference(*found);
}

std::optional<FileRef> InodeTable::opened(InodeId directory, std::string_view name) {
  MutexLock lock(mutex_);
  Inode* found = child(directory, name);
  if (!found || !found->file) return std::nullopt;
  return reference(*found);
}

Result<FileRef> InodeTable::create(InodeId directory, std::string_view name,
                                   const model::Attributes& attributes, std::shared_ptr<OpenFile> file) {
  MutexLock lock(mutex_);
  if (Inode* old = child(directory, name)) {
    if (view(*old).answers_alone()) return fail(Errc::exists, "the file exists");
    detach(*old);  // of a file that somebody else has removed from the server
  }
  auto inode = add(directory, name);
  if (!inode) return fail(std::move(inode));
  set(**inode, attributes);
  (*inode)->file = std::move(file);
  ++(*inode)->lookups;
  return reference(**inode);
}

std::vector<FileRef> InodeTable::files_below(InodeId inode) {
  std::vector<FileRef> files;
  MutexLock lock(mutex_);
  if (Inode* found = at(inode)) collect(*found, files);
  return files;
}

void InodeTable::collect(Inode& inode, std::vector<FileRef>& files) {
  if (inode.file) files.push_back(reference(inode));
  for (const auto& [name, below] : inode.children) collect(*below, files);
}

std::vector<FileRef> InodeTable::all_files() {
  std::vector<FileRef> files;
  MutexLock lock(mutex_);
  for (const auto& [id, inode] : inodes_) {
    if (inode->file) files.push_back(reference(*inode));
  }
  return files;
}

std::vector<std::string> InodeTable::local_names(InodeId directory) const {
  std::vector<std::string> names;
  MutexLock lock(mutex_);
  const Inode* found = at(directory);
  if (!found) return names;
  for (const auto& [name, inode] : found->children) {
    if (inode->file && !inode->file->on_server()) names.push_back(name);
  }
  return names;
}

void InodeTable::remove(InodeId directory, std::string_view name) {
  MutexLock lock(mutex_);
  if (Inode* found = child(directory, name)) detach(*found);
}

void InodeTable::move(InodeId from_directory, std::string_view from, InodeId to_directory,
                      std::string_view to) {
  MutexLock lock(mutex_);
  if (Inode* replaced = child(to_directory, to)) detach(*replaced);
  Inode* moved = child(from_directory, from);
  Inode* target = at(to_directory);
  if (!moved || !target) return;
  Inode* source = moved->parent;
  source->children.erase(moved->name);
  moved->parent = target;
  moved->name = to;
  moved->known_at = moments_.next();  // what was asked about this path before was about another file
  target->children.emplace(to, moved);
  drop_unused(source);
}

FileRef InodeTable::reference(Inode& inode) {
  ++inode.file_refs;
  return FileRef(*this, inode.id, inode.file);
}

void InodeTable::release(InodeId inode) {
  std::shared_ptr<OpenFile> unused;  // closed outside the lock
  MutexLock lock(mutex_);
  Inode* found = at(inode);
  if (--found->file_refs > 0 || found->file->has_unsaved()) return;
  unused = std::move(found->file);
  drop_unused(found);
}

// The inode goes on without a name, for as long as something needs it.
void InodeTable::detach(Inode& inode) {
  Inode* parent = std::exchange(inode.parent, nullptr);
  parent->children.erase(inode.name);
  drop_unused(&inode);
  drop_unused(parent);
}

}  // namespace ftpsfs::vfs
