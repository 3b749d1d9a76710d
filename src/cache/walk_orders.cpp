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

}  // namespace

void WalkOrders::Sequence::go_to(std::size_t position) {
  if (position == last) return;
  const bool forward = last != kNowhere && position > last && position - last <= kMostLeftOut + 1;
  in_a_row = forward ? in_a_row + 1 : 1;
  last = position;
}

WalkOrders::Walk WalkOrders::make_walk(const Listing& entries, FileType type) {
  Walk walk;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].attributes.type == type) walk.by_listing.entries.push_back(static_cast<std::uint32_t>(i));
  }
  walk.by_name.entries = walk.by_listing.entries;
  std::ranges::sort(walk.by_name.entries, {},
                    [&](std::uint32_t i) -> const std::string& { return entries[i].name; });
  return walk;
}

void WalkOrders::learn(const RemotePath& directory, const Listing& listing) {
  if (const auto known = by_path_.find(directory.str()); known != by_path_.end()) forget(known->second);
  if (listing.size() > limits_.entries) return;
  directories_.push_front({.path = directory,
                           .entries = listing,
                           .files = make_walk(listing, FileType::file),
                           .directories = make_walk(listing, FileType::directory)});
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

  const auto& named = walk.by_name.entries;
  const auto name_of = [&](std::uint32_t i) -> std::string_view { return directory.entries[i].name; };
  const auto found = std::ranges::lower_bound(named, path.name(), {}, name_of);
  if (found == named.end() || name_of(*found) != path.name()) return {};
  // The listing's positions ascend in the listing's order.
  const auto listed = std::ranges::lower_bound(walk.by_listing.entries, *found);
  walk.by_name.go_to(static_cast<std::size_t>(found - named.begin()));
  walk.by_listing.go_to(static_cast<std::size_t>(listed - walk.by_listing.entries.begin()));

  const Sequence& sequence =
      walk.by_name.in_a_row > walk.by_listing.in_a_row ? walk.by_name : walk.by_listing;
  if (sequence.in_a_row < 2) return {};
  std::size_t steps = kFirstSteps;
  for (std::size_t i = 2; i < sequence.in_a_row && steps < most; ++i) steps *= 2;

  std::vector<WalkStep> next;
  for (std::size_t i = sequence.last + 1; i < sequence.entries.size() && next.size() < std::min(steps, most);
       ++i) {
    const auto& entry = directory.entries[sequence.entries[i]];
    if (auto child = directory.path.child(entry.name)) next.push_back({std::move(*child), entry.attributes});
  }
  return next;
}

}  // namespace ftpsfs::cache
