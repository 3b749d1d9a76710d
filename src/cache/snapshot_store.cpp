#include "snapshot_store.h"

namespace ftpsfs::cache {

using base::SteadyTime;
using model::Attributes;
using model::Listing;
using model::RemotePath;

namespace {

constexpr std::string_view kAboveRoot = "";

// The key of the snapshot that has `path` as an entry, under RemotePath::name().
std::string holder_of(const RemotePath& path) {
  return path.is_root() ? std::string(kAboveRoot) : path.parent().str();
}

}  // namespace

Finding SnapshotStore::find(const RemotePath& path, SteadyTime now) {
  const auto* snapshot = used(holder_of(path));
  return snapshot != nullptr ? snapshot->find(path.name(), now) : Finding{};
}

std::optional<Listing> SnapshotStore::listing(const RemotePath& directory, SteadyTime now) {
  const auto* snapshot = used(directory.str());
  return snapshot != nullptr ? snapshot->listing(now) : std::nullopt;
}

Attributes* SnapshotStore::last_known(const RemotePath& path) {
  auto* snapshot = used(holder_of(path));
  return snapshot != nullptr ? snapshot->last_known(path.name()) : nullptr;
}

void SnapshotStore::put(const RemotePath& path, const Attributes& attributes, SteadyTime now) {
  put_until(path, attributes, now + lifetimes_.present, now);
}

void SnapshotStore::put_until(const RemotePath& path, const Attributes& attributes, SteadyTime until,
                              SteadyTime now) {
  edit(holder_of(path), now,
       [&](DirectorySnapshot& snapshot) { snapshot.put(path.name(), attributes, until); });
}

void SnapshotStore::put_absent(const RemotePath& path, SteadyTime now) {
  forget_below(path);
  edit(holder_of(path), now,
       [&](DirectorySnapshot& snapshot) { snapshot.put_absent(path.name(), now + lifetimes_.absent); });
}

void SnapshotStore::put_listing(const RemotePath& directory, const Listing& listing, SteadyTime now) {
  if (listing.size() >= max_entries_) return give_up_listing(directory, now);
  edit(directory.str(), now, [&](DirectorySnapshot& snapshot) { snapshot.fill(listing, now, lifetimes_); });
}

bool SnapshotStore::count_miss(const RemotePath& path, SteadyTime now) {
  bool pays = false;
  edit(holder_of(path), now,
       [&](DirectorySnapshot& snapshot) { pays = snapshot.count_miss(now, lifetimes_.present); });
  return pays && !path.is_root();
}

void SnapshotStore::give_up_listing(const RemotePath& directory, SteadyTime now) {
  edit(directory.str(), now,
       [&](DirectorySnapshot& snapshot) { snapshot.list_not_before(now + lifetimes_.present); });
}

void SnapshotStore::forget(const RemotePath& path) {
  forget_below(path);
  const auto holder = snapshots_.find(holder_of(path));
  if (holder == snapshots_.end()) return;
  holder->second.snapshot.forget(path.name());
  const auto weight = holder->second.snapshot.weight();
  weight_ = weight_ - holder->second.weight + weight;
  holder->second.weight = weight;
}

void SnapshotStore::forget_below(const RemotePath& directory) {
  if (const auto own = snapshots_.find(directory.str()); own != snapshots_.end()) drop(own);
  const auto prefix = directory.is_root() ? directory.str() : directory.str() + '/';
  auto position = snapshots_.lower_bound(prefix);
  while (position != snapshots_.end() && position->first.starts_with(prefix)) position = drop(position);
}

DirectorySnapshot* SnapshotStore::used(std::string_view directory) {
  const auto found = snapshots_.find(directory);
  if (found == snapshots_.end()) return nullptr;
  uses_.splice(uses_.begin(), uses_, found->second.use);
  return &found->second.snapshot;
}

SnapshotStore::Kept& SnapshotStore::at(std::string_view directory) {
  auto found = snapshots_.find(directory);
  if (found == snapshots_.end()) {
    found = snapshots_.emplace(std::string(directory), Kept{}).first;
    uses_.push_front(found->first);
    found->second.use = uses_.begin();
  }
  uses_.splice(uses_.begin(), uses_, found->second.use);
  return found->second;
}

template <class Edit>
void SnapshotStore::edit(std::string_view directory, SteadyTime now, Edit&& edit) {
  auto& kept = at(directory);
  edit(kept.snapshot);
  const auto weight = kept.snapshot.weight();
  weight_ = weight_ - kept.weight + weight;
  kept.weight = weight;
  keep_bound(now);
}

SnapshotStore::Snapshots::iterator SnapshotStore::drop(Snapshots::iterator position) {
  weight_ -= position->second.weight;
  uses_.erase(position->second.use);
  return snapshots_.erase(position);
}

void SnapshotStore::keep_bound(SteadyTime now) {
  while (!uses_.empty()) {
    const auto oldest = snapshots_.find(uses_.back());
    if (weight_ <= max_entries_ && !oldest->second.snapshot.expired(now)) return;
    drop(oldest);
  }
}

}  // namespace ftpsfs::cache
