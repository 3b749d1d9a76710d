// Iteration over directories.

#include <unordered_set>

#include "core.h"

namespace ftpsfs::vfs {

using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::FileType;

namespace {

constexpr std::uint64_t kDots = 2;  // "." and ".." come first

// Adds what only this mount has. `before`: what that was before the server was asked; some of it may have got
// there since, too late for the listing.
void add_local_entries(const Core& core, InodeId directory, const std::vector<std::string>& before,
                       std::vector<model::DirEntry>& entries) {
  auto names = core.inodes.local_names(directory);
  names.insert(names.end(), before.begin(), before.end());
  if (names.empty()) return;
  std::unordered_set<std::string> seen;
  for (const auto& entry : entries) seen.insert(entry.name);
  for (auto& name : names) {
    const auto view = core.inodes.find(directory, name);
    if (view && seen.insert(name).second) {
      entries.push_back({.name = std::move(name), .attributes = view->attributes});
    }
  }
}

Status take_listing(Core& core, DirectoryHandle& handle, const OpContext& ctx) {
  handle.begin_listing();
  const auto local = core.inodes.local_names(handle.inode());
  auto path = core.inodes.path_of(handle.inode());
  if (!path) return fail(std::move(path));
  DirectoryHandle::Listing listing{.entries = {}, .asked = core.moments.next()};
  auto entries = core.remote.list(*path, ctx);
  if (!entries) return fail(std::move(entries));
  listing.entries = *std::move(entries);
  add_local_entries(core, handle.inode(), local, listing.entries);
  handle.end_listing(std::move(listing));
  return {};
}

Result<FileStatus> status_of_dot(const Core& core, InodeId directory, std::uint64_t position) {
  auto inode = position == 0 ? Result<InodeId>(directory) : core.inodes.parent_of(directory);
  if (!inode) return fail(std::move(inode));
  auto view = core.inodes.view(*inode);
  if (!view) return fail(std::move(view));
  return core.status(*view);
}

}  // namespace

Result<HandleId> Vfs::open_directory(InodeId inode, const OpContext& ctx) {
  Core& core = *impl_;
  const auto view = core.inodes.view(inode);
  if (!view) return std::unexpected(view.error());
  if (auto ok = check_type(*view, FileType::directory); !ok) return fail(std::move(ok));

  // In the table before the server is asked, so that it hears of what is removed meanwhile.
  auto handle = std::make_shared<DirectoryHandle>(inode);
  const HandleId id = core.directories.add(handle);
  auto listed = take_listing(core, *handle, ctx);
  if (listed) return id;
  core.directories.remove(id);
  return fail(std::move(listed));
}

Status Vfs::read_directory(HandleId handle, std::uint64_t position, bool count_lookups,
                           const std::function<bool(const DirectoryItem&)>& visit, const OpContext& ctx) {
  Core& core = *impl_;
  auto open = core.directories.find(handle);
  if (!open) return fail(std::move(open));
  DirectoryHandle& directory = **open;
  if (position == 0 && directory.begin_iteration()) {
    if (auto ok = take_listing(core, directory, ctx); !ok) return ok;
  }

  for (; position < kDots; ++position) {
    auto status = status_of_dot(core, directory.inode(), position);
    if (!status) return fail(std::move(status));
    if (!visit({.name = position == 0 ? "." : "..", .status = *status, .next = position + 1})) return {};
  }
  const auto listing = directory.listing();
  for (; position - kDots < listing->entries.size(); ++position) {
    const auto& entry = listing->entries[position - kDots];
    if (directory.is_removed(entry.name)) continue;
    auto view = core.inodes.enter_listed(directory.inode(), entry.name, entry.attributes, listing->asked,
                                         count_lookups);
    if (!view) return fail(std::move(view));
    if (!visit({.name = entry.name, .status = core.status(*view), .next = position + 1})) {
      if (count_lookups) core.inodes.forget(view->inode, 1);
      return {};
    }
  }
  return {};
}

void Vfs::release_directory(HandleId handle) { impl_->directories.remove(handle); }

Status Vfs::fsync_directory(InodeId inode, const OpContext& ctx) {
  const auto path = impl_->inodes.path_of(inode);
  return path ? impl_->remote.settle(*path, ctx) : Status();
}

}  // namespace ftpsfs::vfs
