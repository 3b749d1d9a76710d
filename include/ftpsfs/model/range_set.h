#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace ftpsfs::model {

// Bytes [begin, end) of a file.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
  bool empty() const { return begin >= end; }

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// A set of byte positions kept as disjoint, non-adjacent ranges. Not thread safe.
class RangeSet {
 public:
  void add(ByteRange range);
  void remove(ByteRange range);
  void clear() { ranges_.clear(); }

  bool empty() const { return ranges_.empty(); }
  bool contains(ByteRange range) const;  // true for an empty range
  std::uint64_t total() const;           // number of positions

  // The parts of `range` that are not in the set, in order.
  std::vector<ByteRange> missing(ByteRange range) const;

  std::vector<ByteRange> ranges() const;

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // begin -> end
};

}  // namespace ftpsfs::model
