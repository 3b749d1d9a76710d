#include "inode_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "inode.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::Result;
using model::Attributes;
using model::FileVersion;
using model::RemotePath;

namespace {

std::unexpected<base::Error> unknown(InodeId inode) {
  return fail(Errc::stale, fmt::format("inode {} is unknown", inode));
}

}  // namespace

// FNV-1a: the same in every process and on every machine, unlike std::hash.
InodeId first_inode_number(const RemotePath& path) {
  InodeId hash = 0xcbf29ce484222325;
  for (const char c : path.str()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return std::max(hash, kRootInode + 1);
}

InodeTable::InodeTable(const FileServices& services, MomentCounter& moments)
    : services_(services), moments_(moments) {
  auto root = std::make_unique<Inode>();
  root->id = kRootInode;
  root->attributes.type = model::FileType::directory;
  inodes_.emplace(kRootInode, std::move(root));
}

InodeTable::~InodeTable() = default;

// --- Paths and views ---

Result<RemotePath> InodeTable::path_of(InodeId inode) const {
  MutexLock lock(mutex_);
  const Inode* found = at(inode);
  if (!found) return unknown(inode);
  return path(found);
}

Result<RemotePath> InodeTable::path_of_entry(InodeId directory, std::string_view name) const {
  auto parent = path_of(directory);
  if (!parent) return parent;
  return parent->child(name);
}

Result<InodeId> InodeTable::parent_of(InodeId inode) const {
  MutexLock lock(mutex_);
  const Inode* found = at(inode);
  if (!found) return unknown(inode);
  if (found->nameless()) return fail(Errc::not_found, "the directory has been removed");
  return found->parent ? found->parent->id : kRootInode;
}

Result<RemotePath> InodeTable::path(const Inode* inode) const {
  std::vector<std::string_view> names;
  for (; inode->id != kRootInode; inode = inode->parent) {
    if (inode->nameless()) return fail(Errc::not_found, "the file has been removed");
    names.push_back(inode->name);
  }
  Result<RemotePath> path;
  for (auto name = names.rbegin(); path && name != names.rend(); ++name) path = path->child(*name);
  return path;
}

Result<RemotePath> InodeTable::path_below(const Inode* directory, std::string_view name) const {
  auto above = path(directory);
  if (!above) return above;
  return above->child(name);
}

Result<InodeView> InodeTable::view(InodeId inode) const {
  MutexLock lock(mutex_);
  const Inode* found = at(inode);
  if (!found) return unknown(inode);
  return view(*found);
}

std::optional<InodeView> InodeTable::find(InodeId directory, std::string_view name) const {
  MutexLock lock(mutex_);
  const Inode* found = child(directory, name);
  return found ? std::optional(view(*found)) : std::nullopt;
}

InodeView InodeTable::view(const Inode& inode) const {
  InodeView view{
      .inode = inode.id, .attributes = inode.attributes, .local = {}, .nameless = inode.nameless()};
  if (inode.file) view.local = inode.file->view();
  return view;
}

InodeTable::Inode* InodeTable::at(InodeId inode) const {
  const auto found = inodes_.find(inode);
  return found == inodes_.end() ? nullptr : found->second.get();
}

InodeTable::Inode* InodeTable::child(InodeId directory, std::string_view name) const {
  const Inode* parent = at(directory);
  if (!parent) return nullptr;
  const auto found = parent->children.find(name);
  return found == parent->children.end() ? nullptr : found->second;
}

// --- Lookups ---

Result<InodeView> InodeTable::enter(InodeId directory, std::string_view name, const Attributes& attributes,
                                    Moment asked) {
  MutexLock lock(mutex_);
  Inode* old = child(directory, name);
  if (old && old->attributes.type != attributes.type && asked >= old->known_at) detach(*old);
  auto inode = add(directory, name);
  if (!inode) return fail(std::move(inode));
  learn(**inode, attributes, asked);
  ++(*inode)->lookups;
  return view(**inode);
}

std::optional<InodeView> InodeTable::enter_local(InodeId directory, std::string_view name) {
  MutexLock lock(mutex_);
  Inode* inode = child(directory, name);
  if (!inode || !view(*inode).answers_alone()) return std::nullopt;
  ++inode->lookups;
  return view(*inode);
}

Result<InodeView> InodeTable::enter_listed(InodeId directory, std::string_view name,
                                           const Attributes& attributes, Moment asked, bool count_lookup) {
  MutexLock lock(mutex_);
  Inode* inode = child(directory, name);
  if (!inode && !count_lookup) {
    const Inode* parent = at(directory);
    if (!parent) return unknown(directory);
    auto where = path_below(parent, name);
    if (!where) return fail(std::move(where));
    return InodeView{.inode = number_for(*where), .attributes = attributes, .local = {}};
  }
  if (!inode) {
    auto added = add(directory, name);
    if (!added) return fail(std::move(added));
    inode = *added;
    inode->attributes.type = attributes.type;
  }
  if (inode->attributes.type == attributes.type) learn(*inode, attributes, asked);
  if (count_lookup) ++inode->lookups;
  return view(*inode);
}

void InodeTable::count_lookup(InodeId inode) {
  MutexLock lock(mutex_);
  if (Inode* found = at(inode)) ++found->lookups;
}

void InodeTable::forget(InodeId inode, std::uint64_t count) {
  MutexLock lock(mutex_);
  Inode* found = at(inode);
  if (!found) return;
  found->lookups -= std::min(count, found->lookups);
  drop_unused(found);
}

// The entry's inode, made when there is none.
Result<InodeTable::Inode*> InodeTable::add(InodeId directory, std::string_view name) {
  if (Inode* present = child(directory, name)) return present;
  Inode* parent = at(directory);
  if (!parent) return unknown(directory);
  auto where = path_below(parent, name);
  if (!where) return fail(std::move(where));

  auto inode = std::make_unique<Inode>();
  inode->id = number_for(*where);
  inode->parent = parent;
  inode->name = name;
  Inode* added = inode.get();
  inodes_.emplace(added->id, std::move(inode));
  parent->children.emplace(name, added);
  return added;
}

InodeId InodeTable::number_for(const RemotePath& path) const {
  InodeId number = first_inode_number(path);
  while (number <= kRootInode || inodes_.contains(number)) ++number;
  return number;
}

// Takes `inode` away when nothing needs it any more, and then those above it that it was the last to need.
void InodeTable::drop_unused(Inode* inode) {
  while (inode && !inode->in_use()) {
    Inode* parent = inode->parent;
    if (parent) parent->children.erase(inode->name);
    inodes_.erase(inode->id);
    inode = parent;
  }
}

// --- Knowledge ---

Result<InodeView> InodeTable::learn(InodeId inode, const Attributes& attributes, Moment asked) {
  MutexLock lock(mutex_);
  Inode* found = at(inode);
  if (!found) return unknown(inode);
  if (found->attributes.type != attributes.type) {
    return fail(Errc::stale, "the file was replaced on the server by one of another type");
  }
  learn(*found, attributes, asked);
  return view(*found);
}

void InodeTable::learn(Inode& inode, const Attributes& attributes, Moment asked) {
  if (asked < inode.known_at) return;
  const bool first = inode.known_at == 0;
  inode.attributes = first ? attributes : updated(inode.attributes, attributes);
  inode.known_at = asked;
}

void InodeTable::set(Inode& inode, const Attributes& attributes) {
  inode.attributes = attributes;
  inode.known_at = moments_.next();
}

void InodeTable::changed(InodeId inode, const Attributes& attributes) {
  MutexLock lock(mutex_);
  if (Inode* found = at(inode)) set(*found, attributes);
}

void InodeTable::saved(InodeId inode, const Attributes& attributes) {
  MutexLock lock(mutex_);
  Inode* found = at(inode);
  if (!found) return;
  set(*found, attributes);
  found->pages_version = FileVersion::of(attributes);
}

void InodeTable::retouched(InodeId inode, const Attributes& attributes) {
  MutexLock lock(mutex_);
  Inode* found = at(inode);
  if (!found) return;
  const bool pages_are_right = found->pages_version == FileVersion::of(found->attributes);
  set(*found, attributes);
  if (pages_are_right) found->pages_version = FileVersion::of(attributes);
}

bool InodeTable::was_opened(InodeId inode) const {
  MutexLock lock(mutex_);
  const Inode* found = at(inode);
  return found && found->pages_version;
}

bool InodeTable::note_opened(InodeId inode, const FileVersion& version) {
  MutexLock lock(mutex_);
  Inode* found = at(inode);
  if (!found) return false;
  // Without an exact time, another content of the same size would pass for the same version.
  const bool same = version.modified && found->pages_version == version;
  found->pages_version = version;
  return same;
}

}  // namespace ftpsfs::vfs
