#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ftpsfs/model/listing.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::cache {

// Something a walk will come to.
struct WalkStep {
  model::RemotePath path;
  model::Attributes attributes;  // as the directory's listing had them
};

// Sees programs walk through directories, and tells where they go next. Three orders are known: that of the listing
// (find, grep -r, tar), that of the names (shell patterns, rsync, backup programs), and that of the inode numbers (cp -r,
// which hopes to be kind to a disk). Files and subdirectories are walked each on their own. Not thread safe.
class WalkOrders {
 public:
  struct Limits {
    std::size_t directories = 64;  // the least recently walked is forgotten first
    std::size_t entries = 20'000;  // over all of them; a larger directory is not remembered
  };
  // `number`: the inode number of a path. Without it, their order is not known.
  using Number = std::function<std::uint64_t(const model::RemotePath&)>;
  explicit WalkOrders(Limits limits, Number number = {}) : limits_(limits), number_(std::move(number)) {}

  void learn(const model::RemotePath& directory, const model::Listing& listing);

  // `path` is being opened or listed. What comes next of its type, nearest first; none until two in a row were visited
  // in an order, then few, doubling with each further one up to `most`.
  std::vector<WalkStep> visit(const model::RemotePath& path, model::FileType type, std::size_t most);

 private:
  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

  // One order of the entries of one type, and how far a program has walked in it.
  struct Sequence {
    std::vector<std::uint32_t> entries;  // positions in the directory's listing
    std::size_t last = kNowhere;
    std::size_t in_a_row = 0;

    void go_to(std::size_t position);
  };
  struct Walk {
    Sequence by_listing;
    Sequence by_name;
    Sequence by_number;

    const Sequence& longest() const;
  };
  struct Directory {
    model::RemotePath path;
    model::Listing entries;
    std::vector<std::uint64_t> numbers;  // of the entries; empty where they are not known
    Walk files{};
    Walk directories{};
  };
  using Directories = std::list<Directory>;  // the most recently walked first

  std::vector<std::uint64_t> numbers_of(const model::RemotePath& directory,
                                        const model::Listing& entries) const;
  static Walk make_walk(const Directory& directory, model::FileType type);
  void forget(Directories::iterator directory);

  const Limits limits_;
  const Number number_;
  Directories directories_;
  std::unordered_map<std::string, Directories::iterator> by_path_;
  std::size_t entries_ = 0;
};

}  // namespace ftpsfs::cache
