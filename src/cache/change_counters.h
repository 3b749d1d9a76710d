#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::cache {

// Tells whether something was changed through this mount between a question to the server and its answer: an answer
// asked before a change must not be kept. Paths share a fixed number of counters; two that collide cost one needless
// question, never a wrong answer. Not thread safe.
class ChangeCounters {
 public:
  // Equal values say: no change of this name, nor, for a directory, of its entries, in between.
  std::uint64_t of(const model::RemotePath& path) const { return counters_[slot(path)] + of_everything_; }

  // The entry at `path` has changed, and with it the listing of its parent and, if it is a directory, its own.
  void count(const model::RemotePath& path) {
    ++counters_[slot(path)];
    ++counters_[slot(path.parent())];
  }

  // A whole tree has changed.
  void count_everything() { ++of_everything_; }

 private:
  static constexpr std::size_t kSlots = 4096;

  static std::size_t slot(const model::RemotePath& path) {
    return std::hash<model::RemotePath>{}(path) % kSlots;
  }

  std::array<std::uint64_t, kSlots> counters_{};
  std::uint64_t of_everything_ = 0;
};

}  // namespace ftpsfs::cache
