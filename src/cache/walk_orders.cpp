#include "walk_orders.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ftpsfs::cache {

using model::FileType;
using model::Listing;
using model::RemotePath;

namespace {

// A walk may leave out entries of no interest to it (`*.c`, what a filter excludes) and is still one.
constexpr std::size_t kMostLeftOut = 3;

// How many steps ahead after two visits in a row.
constexpr std::size_t kFirstSteps = 2;

using Positions = std::vector<std::uint32_t>;

std::size_t position_of(const Positions& order, Positions::const_iterator place) {
  return static_cast<std::size_t>(place - order.begin());
}

}  // namespace

void WalkOrders::Sequence::go_to(std::size_t position) {
  if (position == last) return;
  const bool forward = last != kNowhere && position > last && position - last <= kMostLeftOut + 1;
  in_a_row = forward ? in_a_row + 1 : 1;
  last = position;
}

// Where several orders agree, the listing's is taken.
const WalkOrders::Sequence& WalkOrders::Walk::longest() const {
  const Sequence& other = by_name.in_a_row >= by_number.in_a_row ? by_name : by_number;
  return by_listing.in_a_row >= other.in_a_row ? by_listing : other;
}

std::vector<std::uint64_t> WalkOrders::numbers_of(const RemotePath& directory, const Listing& entries) const {
  std::vector<std::uint64_t> numbers;
  if (!number_) return numbers;
  numbers.reserve(entries.size());
  for (const auto& entry : entries) {
    const auto child = directory.child(entry.name);
    numbers.push_back(child ? number_(*child) : 0);
  }
  return numbers;
}

WalkOrders::Walk WalkOrders::make_walk(const Directory& directory, FileType type) {
  const auto& entries = directory.entries;
  Walk walk;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].attributes.type == type) walk.by_listing.entries.push_back(static_cast<std::uint32_t>(i));
  }
  walk.by_name.entries = walk.by_listing.entries;
  std::ranges::sort(walk.by_name.entries, {},
                    [&](std::uint32_t i) -> const std::string& { return entries[i].name; });
  if (directory.numbers.empty()) return walk;
  walk.by_number.entries = walk.by_listing.entries;
  std::ranges::sort(walk.by_number.entries, {}, [&](std::uint32_t i) { return directory.numbers[i]; });
  return walk;
}

void WalkOrders::learn(const RemotePath& directory, const Listing& listing) {
  if (const auto known = by_path_.find(directory.str()); known != by_path_.end()) forget(known->second);
  if (listing.size() > limits_.entries) return;
  directories_.push_front({.path = directory, .entries = listing, .numbers = numbers_of(directory, listing)});
  directories_.front().files = make_walk(directories_.front(), FileType::file);
  directories_.front().directories = make_walk(directories_.front(), FileType::directory);
  by_path_[directory.str()] = directories_.begin();
  entries_ += listing.size();
  while (directories_.size() > limits_.directories || entries_ > limits_.entries)
    forget(std::prev(directories_.end()));
}

void WalkOrders::forget(Directories::iterator directory) {
  entries_ -= directory->entries.size();
  by_path_.erase(directory->path.str());
  directories_.erase(directory);
}

std::vector<WalkStep> WalkOrders::visit(const RemotePath& path, FileType type, std::size_t most) {
  const auto known = by_path_.find(path.parent().str());
  if (known == by_path_.end() || path.is_root()) return {};
  directories_.splice(directories_.begin(), directories_, known->second);
  Directory& directory = *known->second;
  Walk& walk = type == FileType::directory ? directory.directories : directory.files;

  const auto name_of = [&](std::uint32_t i) -> std::string_view { return directory.entries[i].name; };
  const auto number_of = [&](std::uint32_t i) { return directory.numbers[i]; };
  const auto& named = walk.by_name.entries;
  const auto found = std::ranges::lower_bound(named, path.name(), {}, name_of);
  if (found == named.end() || name_of(*found) != path.name()) return {};
  const auto entry = *found;
  walk.by_name.go_to(position_of(named, found));
  const auto& listed = walk.by_listing.entries;  // where positions ascend
  walk.by_listing.go_to(position_of(listed, std::ranges::lower_bound(listed, entry)));
  if (const auto& numbered = walk.by_number.entries; !numbered.empty())
    walk.by_number.go_to(
        position_of(numbered, std::ranges::lower_bound(numbered, number_of(entry), {}, number_of)));

  const Sequence& sequence = walk.longest();
  if (sequence.in_a_row < 2) return {};
  std::size_t steps = kFirstSteps;
  for (std::size_t i = 2; i < sequence.in_a_row && steps < most; ++i) steps *= 2;

  std::vector<WalkStep> next;
  for (std::size_t i = sequence.last + 1; i < sequence.entries.size() && next.size() < std::min(steps, most);
       ++i) {
    const auto& coming = directory.entries[sequence.entries[i]];
    if (auto child = directory.path.child(coming.name))
      next.push_back({std::move(*child), coming.attributes});
  }
  return next;
}

}  // namespace ftpsfs::cache
