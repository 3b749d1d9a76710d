#include "ftpsfs/pool/session_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ftpsfs/base/log.h"
#include "wake_event.h"

namespace ftpsfs::pool {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Priority;
using base::Result;

namespace {

// Lenders become free at moments nobody announces, so whoever starves asks them again after this long.
constexpr std::chrono::milliseconds kAskAgain{50};

// A server may count a session for a moment after we have closed it. For this long it is asked again, at this interval.
constexpr std::chrono::seconds kDeparture{5};
constexpr std::chrono::milliseconds kDepartureInterval{100};

}  // namespace

Lease::Lease(SessionPool& pool, std::unique_ptr<ftp::Session> session, Purpose purpose)
    : pool_(&pool), session_(std::move(session)), purpose_(purpose) {}

Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      session_(std::move(other.session_)),
      purpose_(other.purpose_) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    release();
    pool_ = std::exchange(other.pool_, nullptr);
    session_ = std::move(other.session_);
    purpose_ = other.purpose_;
  }
  return *this;
}

void Lease::release() {
  if (pool_ != nullptr) std::exchange(pool_, nullptr)->take_back(std::move(session_), purpose_);
}

SessionPool::SessionPool(Opener opener, const PoolOptions& options, const base::Clock& clock,
                         WallClock wall_clock)
    : opener_(std::move(opener)),
      options_(options),
      clock_(clock),
      wall_clock_(std::move(wall_clock)),
      wake_(std::make_unique<WakeEvent>()) {}

SessionPool::~SessionPool() {
  end_tender();
  const MutexLock lock(mutex_);
  for (const auto& session : idle_) session->quit();
}

Result<Lease> SessionPool::acquire(Purpose purpose, const OpContext& ctx, Freshness freshness) {
  if (auto ok = ctx.check("waiting for a session"); !ok) return fail(std::move(ok));
  if (ctx.priority != Priority::foreground) {
    auto lease = acquire_behind_others(ctx);
    const bool waited_enough =
        !lease && lease.error().code == Errc::busy && ctx.priority == Priority::deferred;
    if (!waited_enough) return lease;
    if (auto ok = ctx.check("waiting for a session"); !ok) return fail(std::move(ok));
  }
  return acquire_in_turn(purpose, ctx, freshness);
}

Result<Lease> SessionPool::acquire_in_turn(Purpose purpose, const OpContext& ctx, Freshness freshness) {
  for (;;) {
    Chance chance = reserve(purpose, freshness);
    if (chance.session) {
      if (auto lease = lease_if_usable(std::move(chance.session), purpose)) return lease;
      continue;
    }
    if (chance.may_open) {
      if (chance.discarded) chance.discarded->quit();
      chance.discarded.reset();
      auto lease = open_lease(purpose, ctx, chance);
      if (lease || !chance.worth_waiting || !ctx.check("waiting for a session")) return lease;
      if (wait_for_departure(ctx)) continue;
    }
    if (ask_lenders()) continue;
    if (auto ok = wait_for_release(chance.releases, ctx); !ok) return fail(std::move(ok));
  }
}

bool SessionPool::usable(ftp::Session& session) const {
  if (!session.still_quiet()) {
    base::log("pool").debug("an idle session was closed by the server");
    return false;
  }
  if (is_stale(session)) session.ready_channel().retire();
  if (!session.resumption_expired(wall_clock_())) return true;
  base::log("pool").debug("the TLS ticket of an idle session has run out: a new session takes its place");
  return false;
}

Lease SessionPool::lease_if_usable(std::unique_ptr<ftp::Session> session, Purpose purpose) {
  if (usable(*session)) return Lease(*this, std::move(session), purpose);
  session->quit();
  session->give_up();
  take_back(std::move(session), purpose);
  return {};
}

SessionPool::Chance SessionPool::reserve(Purpose purpose, Freshness freshness) {
  const MutexLock lock(mutex_);
  Chance chance;
  chance.releases = releases_;
  if (!has_place_for(purpose)) return chance;
  if (freshness == Freshness::any && !idle_.empty()) {
    chance.session = pick_idle(purpose);
  } else {
    if (waits_for_first_login() || (freshness == Freshness::any && tended_ > 0)) return chance;
    if (idle_.size() + tended_ + lent_ >= limit()) {
      if (idle_.empty()) return chance;
      chance.discarded = std::move(idle_.front());
      idle_.erase(idle_.begin());
      last_departure_ = std::chrono::steady_clock::now();
    }
    chance.may_open = true;
    ++opening_;
  }
  ++lent_;
  if (purpose == Purpose::transfer) ++lent_for_transfer_;
  return chance;
}

// The one used last, unless another one saves a transfer the opening of its data channel.
std::unique_ptr<ftp::Session> SessionPool::pick_idle(Purpose purpose) {
  auto place = idle_.end() - 1;
  if (purpose == Purpose::transfer) {
    const auto ready = std::ranges::find_if(idle_.rbegin(), idle_.rend(),
                                            [](const auto& idle) { return idle->ready_channel().is_open(); });
    if (ready != idle_.rend()) place = ready.base() - 1;
  }
  auto session = std::move(*place);
  idle_.erase(place);
  return session;
}

// Nobody knows yet whether the credentials are right: one tries.
bool SessionPool::waits_for_first_login() const { return opened_ever_ == 0 && opening_ > 0; }

std::size_t SessionPool::established() const { return idle_.size() + tended_ + lent_ - opening_; }

std::size_t SessionPool::limit() const {
  if (learnt_limit_ == 0) return options_.max_sessions;
  const std::size_t probe = clock_.now() >= learnt_limit_until_ ? 1 : 0;
  return std::min(options_.max_sessions, learnt_limit_ + probe);
}

bool SessionPool::has_place_for(Purpose purpose) const {
  if (lent_ >= limit()) return false;
  const std::size_t for_transfer = std::max<std::size_t>(limit() - 1, 1);
  return purpose == Purpose::command || lent_for_transfer_ < for_transfer;
}

Result<Lease> SessionPool::open_lease(Purpose purpose, const OpContext& ctx, Chance& chance) {
  auto refused = check_refusal();
  auto session = refused ? opener_(ctx) : fail(std::move(refused));
  {
    const MutexLock lock(mutex_);
    --opening_;
    if (session) {
      note_opened();
    } else {
      --lent_;
      if (purpose == Purpose::transfer) --lent_for_transfer_;
      ++releases_;
      ++chance.releases;  // the applicant's own failure is no reason to try again at once
      chance.worth_waiting = note_failed(session.error());
    }
  }
  if (session) return Lease(*this, std::move(*session), purpose);
  changed_.notify_all();
  return fail(std::move(session));
}

void SessionPool::note_opened() {
  ++opened_ever_;
  refusal_.reset();
  if (learnt_limit_ != 0) learnt_limit_ = std::max(learnt_limit_, established());
}

bool SessionPool::note_failed(const base::Error& error) {
  if (error.code == Errc::login_refused && (!refusal_ || clock_.now() >= refusal_until_)) {
    refusal_ = error;
    refusal_until_ = clock_.now() + options_.refusal_memory;
  }
  // Some servers close the connection instead of telling their limit.
  const bool limited = error.code == Errc::too_many_sessions || error.code == Errc::connection_lost;
  if (limited && established() > 0) {
    learnt_limit_ = established();
    learnt_limit_until_ = clock_.now() + options_.limit_memory;
    base::log("pool").info("the server takes no more than {} sessions at present: {}", learnt_limit_,
                           error.describe());
    return true;
  }
  if (error.code != Errc::too_many_sessions) return false;
  return opening_ > 0 || std::chrono::steady_clock::now() - last_departure_ < kDeparture;
}

base::Status SessionPool::check_refusal() const {
  const MutexLock lock(mutex_);
  if (!refusal_ || clock_.now() >= refusal_until_) return {};
  base::Error error = *refusal_;
  error.message += " (not tried again for a while, since servers lock out whoever does)";
  return std::unexpected(std::move(error));
}

// True after a pause, when nothing else is to be waited for: the server may have noticed by now that a session of ours
// has ended.
bool SessionPool::wait_for_departure(const OpContext& ctx) {
  const MutexLock lock(mutex_);
  if (established() > 0 || opening_ > 0) return false;
  (void)changed_.wait(mutex_, ctx.capped(kDepartureInterval), "waiting for a session to end");
  return true;
}

void SessionPool::take_back(std::unique_ptr<ftp::Session> session, Purpose purpose) {
  const bool keep = session != nullptr && session->reusable();
  const bool departs = session != nullptr && !keep;
  if (departs) session.reset();  // before its place is free
  if (keep) look_ahead(*session);
  {
    const MutexLock lock(mutex_);
    --lent_;
    if (purpose == Purpose::transfer) --lent_for_transfer_;
    if (departs) last_departure_ = std::chrono::steady_clock::now();
    if (keep && needs_tending(*session)) wake_tender();
    if (keep) idle_.push_back(std::move(session));
    ++releases_;
  }
  changed_.notify_all();
}

bool SessionPool::ask_lenders() {
  std::vector<std::shared_ptr<Lender>> alive;
  {
    const MutexLock lock(mutex_);
    for (auto it = lenders_.begin(); it != lenders_.end();) {
      if (auto lender = it->lock()) {
        alive.push_back(std::move(lender));
        ++it;
      } else {
        it = lenders_.erase(it);
      }
    }
  }
  return std::ranges::any_of(alive, [](const auto& lender) { return lender->lend_back(); });
}

base::Status SessionPool::wait_for_release(std::uint64_t releases_seen, const OpContext& ctx) {
  const MutexLock lock(mutex_);
  if (releases_ == releases_seen) (void)changed_.wait(mutex_, ctx.capped(kAskAgain), "waiting for a session");
  return ctx.check("waiting for a free session");
}

void SessionPool::register_lender(std::weak_ptr<Lender> lender) {
  const MutexLock lock(mutex_);
  std::erase_if(lenders_, [](const auto& known) { return known.expired(); });
  lenders_.push_back(std::move(lender));
}

SessionPool::Statistics SessionPool::statistics() const {
  const MutexLock lock(mutex_);
  return {.idle = idle_.size() + tended_, .lent = lent_, .opened_ever = opened_ever_};
}

}  // namespace ftpsfs::pool
