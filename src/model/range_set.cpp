#include "ftpsfs/model/range_set.h"

#include <algorithm>
#include <iterator>

namespace ftpsfs::model {

void RangeSet::add(ByteRange range) {
  if (range.empty()) return;
  auto it = ranges_.upper_bound(range.begin);
  if (it != ranges_.begin() && std::prev(it)->second >= range.begin) --it;
  while (it != ranges_.end() && it->first <= range.end) {
    range.begin = std::min(range.begin, it->first);
    range.end = std::max(range.end, it->second);
    it = ranges_.erase(it);
  }
  ranges_.emplace(range.begin, range.end);
}

void RangeSet::remove(ByteRange range) {
  if (range.empty()) return;
  auto it = ranges_.upper_bound(range.begin);
  if (it != ranges_.begin() && std::prev(it)->second > range.begin) --it;
  while (it != ranges_.end() && it->first < range.end) {
    const ByteRange old{it->first, it->second};
    it = ranges_.erase(it);
    if (old.begin < range.begin) ranges_.emplace(old.begin, range.begin);
    if (old.end > range.end) ranges_.emplace(range.end, old.end);
  }
}

bool RangeSet::contains(ByteRange range) const {
  if (range.empty()) return true;
  const auto it = ranges_.upper_bound(range.begin);
  return it != ranges_.begin() && std::prev(it)->second >= range.end;
}

std::uint64_t RangeSet::total() const {
  std::uint64_t sum = 0;
  for (const auto& [begin, end] : ranges_) sum += end - begin;
  return sum;
}

std::vector<ByteRange> RangeSet::missing(ByteRange range) const {
  std::vector<ByteRange> gaps;
  if (range.empty()) return gaps;
  std::uint64_t position = range.begin;
  auto it = ranges_.upper_bound(range.begin);
  if (it != ranges_.begin()) --it;
  for (; it != ranges_.end() && it->first < range.end; ++it) {
    if (it->first > position) gaps.push_back({position, it->first});
    position = std::max(position, it->second);
  }
  if (position < range.end) gaps.push_back({position, range.end});
  return gaps;
}

std::vector<ByteRange> RangeSet::ranges() const {
  std::vector<ByteRange> all;
  all.reserve(ranges_.size());
  for (const auto& [begin, end] : ranges_) all.push_back({begin, end});
  return all;
}

}  // namespace ftpsfs::model
