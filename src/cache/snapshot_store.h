#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory_snapshot.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::cache {

// The snapshots of all directories, by the path of what they know something of; the least recently used go when there
// are more than `max_entries` entries. The root's own attributes have no parent to be kept in: they lie in a snapshot
// above it that never counts as listed. Not thread safe.
class SnapshotStore {
 public:
  SnapshotStore(const Lifetimes& lifetimes, std::size_t max_entries)
      : lifetimes_(lifetimes), max_entries_(max_entries) {}

  Finding find(const model::RemotePath& path, base::SteadyTime now);
  std::optional<model::Listing> listing(const model::RemotePath& directory, base::SteadyTime now);

  // The path's attributes, however old, or null; valid until the next call that is not const.
  model::Attributes* last_known(const model::RemotePath& path);

  void put(const model::RemotePath& path, const model::Attributes& attributes, base::SteadyTime now);
  void put_until(const model::RemotePath& path, const model::Attributes& attributes, base::SteadyTime until,
                 base::SteadyTime now);
  void put_absent(const model::RemotePath& path, base::SteadyTime now);
  void put_listing(const model::RemotePath& directory, const model::Listing& listing, base::SteadyTime now);

  // See DirectorySnapshot; for the directory that holds `path`.
  bool count_miss(const model::RemotePath& path, base::SteadyTime now);
  void give_up_listing(const model::RemotePath& directory, base::SteadyTime now);

  // The path becomes unknown, with everything below it.
  void forget(const model::RemotePath& path);

  // Everything below the path becomes unknown.
  void forget_below(const model::RemotePath& directory);

 private:
  struct Kept {
    DirectorySnapshot snapshot;
    std::size_t weight = 0;
    std::list<std::string_view>::iterator use;
  };
  using Snapshots = std::map<std::string, Kept, std::less<>>;  // ordered, so that a subtree lies together

  DirectorySnapshot* used(std::string_view directory);

  template <class Edit>
  void edit(std::string_view directory, base::SteadyTime now, Edit&& edit);

  Kept& at(std::string_view directory);
  Snapshots::iterator drop(Snapshots::iterator position);
  void keep_bound(base::SteadyTime now);

  const Lifetimes lifetimes_;
  const std::size_t max_entries_;
  Snapshots snapshots_;
  std::list<std::string_view> uses_;  // keys of snapshots_, the latest first
  std::size_t weight_ = 0;
};

}  // namespace ftpsfs::cache
