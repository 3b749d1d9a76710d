#include "directory_snapshot.h"

#include <algorithm>
#include <utility>

namespace ftpsfs::cache {

using base::SteadyTime;
using model::Attributes;
using model::Listing;

void DirectorySnapshot::fill(const Listing& listing, SteadyTime now, const Lifetimes& lifetimes) {
  names_.clear();
  names_.reserve(listing.size());
  listed_until_ = now + lifetimes.present;
  cut_short_ = !listing.complete;
  absent_until_ = cut_short_ ? SteadyTime::min() : now + lifetimes.absent;
  expires_ = std::max({expires_, listed_until_, absent_until_});
  for (const auto& entry : listing) put(entry.name, entry.attributes, listed_until_);
}

DirectorySnapshot::Name& DirectorySnapshot::touch(std::string_view name, SteadyTime until) {
  auto found = names_.find(name);
  if (found == names_.end()) {
    found = names_.emplace(std::string(name), Name{}).first;
    found->second.position = next_position_++;
  }
  found->second.until = until;
  expires_ = std::max(expires_, until);
  return found->second;
}

void DirectorySnapshot::put(std::string_view name, const Attributes& attributes, SteadyTime until) {
  touch(name, until).attributes = attributes;
}

void DirectorySnapshot::put_absent(std::string_view name, SteadyTime until) {
  touch(name, until).attributes.reset();
}

void DirectorySnapshot::forget(std::string_view name) {
  listed_until_ = SteadyTime::min();
  if (absent_until_ == SteadyTime::min()) {
    if (const auto found = names_.find(name); found != names_.end()) names_.erase(found);
  } else {
    put_absent(name, SteadyTime::min());  // not in names_ at all would say that it is absent
  }
}

Finding DirectorySnapshot::find(std::string_view name, SteadyTime now) const {
  const auto found = names_.find(name);
  if (found == names_.end()) {
    return {.knowledge = now < absent_until_ ? Knowledge::absent : Knowledge::unknown,
            .attributes = {},
            .until = absent_until_};
  }
  const auto& [attributes, until, position] = found->second;
  if (now >= until) return {};
  if (!attributes) return {.knowledge = Knowledge::absent, .attributes = {}, .until = until};
  return {.knowledge = Knowledge::present, .attributes = *attributes, .until = until};
}

Attributes* DirectorySnapshot::last_known(std::string_view name) {
  const auto found = names_.find(name);
  return found != names_.end() && found->second.attributes ? &*found->second.attributes : nullptr;
}

std::optional<Listing> DirectorySnapshot::listing(SteadyTime now) const {
  if (now >= listed_until_) return std::nullopt;
  std::vector<const std::pair<const std::string, Name>*> present;
  present.reserve(names_.size());
  for (const auto& name : names_) {
    if (name.second.attributes) present.push_back(&name);
  }
  std::ranges::sort(present, {}, [](const auto* name) { return name->second.position; });

  Listing entries;
  entries.complete = !cut_short_;
  entries.reserve(present.size());
  for (const auto* name : present) entries.push_back({name->first, *name->second.attributes});
  return entries;
}

bool DirectorySnapshot::count_miss(SteadyTime now, base::SteadyDuration lifetime) {
  const bool pays = now < missed_until_ && now >= listed_until_ && now >= list_not_before_;
  missed_until_ = now + lifetime;
  expires_ = std::max(expires_, missed_until_);
  return pays;
}

void DirectorySnapshot::list_not_before(SteadyTime time) {
  list_not_before_ = time;
  expires_ = std::max(expires_, time);
}

}  // namespace ftpsfs::cache
