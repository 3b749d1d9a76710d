#include "errands.h"

#include <algorithm>

namespace ftpsfs::cache {

using base::SteadyTime;
using model::RemotePath;

std::size_t FetchedContent::copy(std::uint64_t offset, std::span<std::byte> out) {
  const auto begin = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_.size()));
  const auto count = std::min(out.size(), bytes_.size() - begin);
  std::ranges::copy(std::span(bytes_).subspan(begin, count), out.begin());
  used_ = std::max(used_, begin + count);
  return count;
}

bool Errands::add(const WalkStep& step, std::uint64_t cost) {
  if (all_.contains(step.path)) return true;
  if (cost > budget_ - spent_) return false;
  auto errand = std::make_shared<Errand>(Errand{.step = step, .cost = cost});
  spent_ += cost;
  all_.emplace(step.path, errand);
  waiting_.push_back(std::move(errand));
  return true;
}

SharedErrand Errands::find(const RemotePath& path) const {
  const auto found = all_.find(path);
  return found == all_.end() ? nullptr : found->second;
}

bool Errands::has(const SharedErrand& errand) const { return find(errand->step.path) == errand; }

SharedErrand Errands::start_next() {
  if (waiting_.empty()) return nullptr;
  auto errand = std::move(waiting_.front());
  waiting_.pop_front();
  errand->state = Errand::State::under_way;
  return errand;
}

bool Errands::finish(const SharedErrand& errand, SteadyTime now) {
  if (!has(errand)) return false;
  errand->state = Errand::State::done;
  errand->done_at = now;
  return true;
}

void Errands::drop(const SharedErrand& errand) {
  if (!has(errand)) return;
  spent_ -= errand->cost;
  std::erase(waiting_, errand);
  all_.erase(errand->step.path);
}

void Errands::drop_waiting() {
  while (!waiting_.empty()) drop(SharedErrand(waiting_.front()));
}

void Errands::drop_done_before(SteadyTime time) {
  for (auto it = all_.begin(); it != all_.end();) {
    const auto errand = (it++)->second;
    if (errand->state == Errand::State::done && errand->done_at < time) drop(errand);
  }
}

void Errands::drop_touched_by(const RemotePath& path) {
  for (auto it = all_.begin(); it != all_.end();) {
    const auto errand = (it++)->second;
    const bool lists_it = !errand->is_file() && errand->step.path == path.parent();
    if (lists_it || path.contains(errand->step.path)) drop(errand);
  }
}

std::optional<SteadyTime> Errands::earliest_done() const {
  std::optional<SteadyTime> earliest;
  for (const auto& [path, errand] : all_) {
    if (errand->state != Errand::State::done) continue;
    earliest = earliest ? std::min(*earliest, errand->done_at) : errand->done_at;
  }
  return earliest;
}

}  // namespace ftpsfs::cache
