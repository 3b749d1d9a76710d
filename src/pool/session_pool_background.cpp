// Sessions for work that nobody waits for: what is left over.

#include <algorithm>
#include <utility>

#include "ftpsfs/pool/session_pool.h"

namespace ftpsfs::pool {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Priority;
using base::Result;
using base::Status;

namespace {

std::unexpected<base::Error> none_left() {
  return fail(Errc::busy, "no session is left for work that nobody waits for");
}

}  // namespace

// One session stays for commands, as with any transfer; a server's limit is not probed. Where there is only one, what has
// to be done may have it.
bool SessionPool::has_place_behind_others(Priority priority) const {
  const std::size_t known = learnt_limit_ == 0 ? limit() : std::min(limit(), learnt_limit_);
  const std::size_t kept = known == 1 && priority == Priority::deferred ? 0 : 1;
  return lent_ + kept < known && has_place_for(Purpose::transfer) && !waits_for_first_login();
}

SessionPool::Chance SessionPool::reserve_behind_others(const OpContext& ctx) {
  const MutexLock lock(mutex_);
  Chance chance;
  while (idle_.empty() && tended_ > 0) {  // a step of the tender waits for nothing
    if (!changed_.wait(mutex_, ctx, "waiting for a session")) return chance;
  }
  chance.releases = releases_;
  if (!has_place_behind_others(ctx.priority)) return chance;
  if (!idle_.empty()) {
    chance.session = pick_idle(Purpose::transfer);
  } else {
    chance.may_open = true;
    ++opening_;
  }
  ++lent_;
  ++lent_for_transfer_;
  return chance;
}

Result<Lease> SessionPool::acquire_behind_others(const OpContext& ctx) {
  const OpContext patience = ctx.capped(options_.longest_deferral);
  for (;;) {
    Chance chance = reserve_behind_others(ctx);
    if (chance.may_open) return open_lease(Purpose::transfer, ctx, chance);
    if (chance.session) {
      if (auto lease = lease_if_usable(std::move(chance.session), Purpose::transfer)) return lease;
      continue;
    }
    const bool may_wait = ctx.priority == Priority::deferred;
    if (!may_wait || !wait_for_release(chance.releases, patience)) return none_left();
  }
}

std::unique_ptr<ftp::Session> SessionPool::reserve_ready() {
  const MutexLock lock(mutex_);
  const auto is_ready = [](const auto& idle) { return idle->ready_channel().is_open(); };
  if (!has_place_behind_others(Priority::background) || std::ranges::none_of(idle_, is_ready)) return nullptr;
  ++lent_;
  ++lent_for_transfer_;
  return pick_idle(Purpose::transfer);
}

Lease SessionPool::acquire_ready() {
  auto session = reserve_ready();
  if (!session) return {};
  auto lease = lease_if_usable(std::move(session), Purpose::transfer);
  return lease && lease.session().ready_channel().is_open() ? std::move(lease) : Lease();
}

Status SessionPool::warm_up(const OpContext& ctx) {
  const auto lease = acquire_behind_others(ctx);
  return lease ? Status{} : std::unexpected(lease.error());
}

}  // namespace ftpsfs::pool
