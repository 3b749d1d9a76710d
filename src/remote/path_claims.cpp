#include "ftpsfs/remote/path_claims.h"

#include <algorithm>

namespace ftpsfs::remote {

using base::fail;
using base::OpContext;
using base::Result;

namespace {

bool overlap(const model::RemotePath& a, const model::RemotePath& b) {
  return a.contains(b) || b.contains(a);
}

}  // namespace

Result<PathClaims::Claim> PathClaims::claim(const std::function<Result<Paths>()>& find,
                                            const OpContext& ctx) {
  for (;;) {
    auto before = find();
    if (!before) return fail(std::move(before));
    auto claim = this->claim(*before, ctx);
    if (!claim) return claim;
    auto after = find();
    if (!after) return fail(std::move(after));
    if (*after == *before) return claim;
  }
}

Result<PathClaims::Claim> PathClaims::claim(Paths paths, const OpContext& ctx) {
  base::MutexLock lock(mutex_);
  while (is_taken(paths)) {
    if (auto ok = freed_.wait(mutex_, ctx, "waiting for another change of the same path"); !ok) {
      return fail(std::move(ok));
    }
  }
  return Claim(*this, held_.insert(held_.end(), std::move(paths)));
}

Result<bool> PathClaims::wait_until_free(const model::RemotePath& path, const OpContext& ctx) {
  const Paths wanted{path};
  bool waited = false;
  base::MutexLock lock(mutex_);
  while (is_taken(wanted)) {
    waited = true;
    if (auto ok = freed_.wait(mutex_, ctx, "waiting for a change of this path"); !ok)
      return fail(std::move(ok));
  }
  return waited;
}

bool PathClaims::is_taken(const Paths& wanted) const {
  return std::ranges::any_of(held_, [&](const Paths& paths) {
    return std::ranges::any_of(paths, [&](const auto& held) {
      return std::ranges::any_of(wanted, [&](const auto& path) { return overlap(held, path); });
    });
  });
}

void PathClaims::give_back(std::list<Paths>::iterator position) {
  {
    base::MutexLock lock(mutex_);
    held_.erase(position);
  }
  freed_.notify_all();
}

}  // namespace ftpsfs::remote
