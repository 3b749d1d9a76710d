#include "path_claims.h"

#include <algorithm>

namespace ftpsfs::writeback {

using base::MutexLock;

bool PathClaims::free(const Paths& wanted) const {
  for (const auto& others : claimed_) {
    for (const auto& other : others) {
      const auto meets = [&](const auto& path) { return path.contains(other) || other.contains(path); };
      if (std::ranges::any_of(wanted, meets)) return false;
    }
  }
  return true;
}

base::Result<PathClaims::Claim> PathClaims::claim(Paths paths, const base::OpContext& ctx) {
  constexpr std::string_view kWaiting = "waiting for another change of the same path";
  MutexLock lock(mutex_);
  auto ok = ctx.check(kWaiting);
  while (ok && !free(paths)) ok = changed_.wait(mutex_, ctx, kWaiting);
  if (!ok) return base::fail(std::move(ok));
  claimed_.push_front(std::move(paths));
  return Claim(*this, claimed_.begin());
}

void PathClaims::give_back(std::list<Paths>::iterator place) {
  {
    const MutexLock lock(mutex_);
    claimed_.erase(place);
  }
  changed_.notify_all();
}

}  // namespace ftpsfs::writeback
