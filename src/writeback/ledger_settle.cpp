#include <algorithm>
#include <utility>

#include "ledger.h"

namespace ftpsfs::writeback {

using base::MutexLock;
using base::OpContext;
using base::Status;
using model::RemotePath;

std::optional<base::Error> Ledger::take_lost(const RemotePath& path) {
  const auto found =
      std::ranges::find_if(lost_errors_, [&](const LostError& lost) { return path.contains(lost.path); });
  if (found == lost_errors_.end()) return std::nullopt;
  auto error = std::move(found->error);
  lost_errors_.erase(found);
  return error;
}

// Wakes the uploading threads, once.
void Ledger::make_urgent(const VersionRef& version) {
  if (!std::exchange(version->urgent, true)) changed_.notify_all();
}

// What is to be said of the contents up to `last_order`, or nothing yet; then they are urgent.
std::optional<Status> Ledger::settled(const RemotePath& path, std::uint64_t last_order,
                                      std::uint64_t last_failure) {
  bool waits = false;
  for (const auto* slot : slots_in(path)) {
    for (const auto& version : slot->versions) {
      if (version->first_order > last_order) continue;
      waits = true;
      if (version->failed_at > last_failure) return std::unexpected(*version->last_error);
      make_urgent(slot->versions.back());
    }
  }
  return waits ? std::nullopt : std::optional(Status());
}

Status Ledger::settle(const RemotePath& path, bool tells_lost, const OpContext& ctx) {
  MutexLock lock(mutex_);
  const auto last_order = by_order_.empty() ? 0 : by_order_.rbegin()->first;
  const auto last_failure = failures_;
  ++urgent_;
  std::optional<Status> result;
  while (!result) {
    if (auto lost = tells_lost ? take_lost(path) : std::nullopt) result = std::unexpected(*std::move(lost));
    if (!result) result = settled(path, last_order, last_failure);
    if (result) break;
    if (auto ok = changed_.wait(mutex_, ctx, "waiting for uploads"); !ok) result = std::move(ok);
  }
  --urgent_;
  for (const auto* slot : slots_in(path)) {
    for (const auto& version : slot->versions) version->urgent = false;
  }
  lock.unlock();
  changed_.notify_all();
  return *std::move(result);
}

}  // namespace ftpsfs::writeback
