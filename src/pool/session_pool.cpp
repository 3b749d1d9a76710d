#include "ftpsfs/pool/session_pool.h"

#include <algorithm>
#include <utility>

#include "ftpsfs/base/log.h"

namespace ftpsfs::pool {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;

namespace {

// Lenders become free at moments nobody announces, so whoever starves asks them again after this long.
constexpr std::chrono::milliseconds kAskAgain{50};

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

SessionPool::SessionPool(Opener opener, const PoolOptions& options, const base::Clock& clock)
    : opener_(std::move(opener)), options_(options), clock_(clock) {}

SessionPool::~SessionPool() {
  const MutexLock lock(mutex_);
  for (const auto& session : idle_) session->quit();
}

Result<Lease> SessionPool::acquire(Purpose purpose, const OpContext& ctx, Freshness freshness) {
  if (auto ok = ctx.check("waiting for a session"); !ok) return fail(std::move(ok));
  for (;;) {
    Chance chance = reserve(purpose, freshness);
    if (chance.session) {
      if (chance.session->still_quiet()) return Lease(*this, std::move(chance.session), purpose);
      base::log("pool").debug("an idle session was closed by the server");
      take_back(nullptr, purpose);
      continue;
    }
    if (chance.may_open) {
      auto lease = open_lease(purpose, ctx);
      if (lease || lease.error().code != Errc::too_many_sessions || !remember_session_limit()) return lease;
    }
    if (ask_lenders()) continue;
    if (auto ok = wait_for_release(chance.releases, ctx); !ok) return fail(std::move(ok));
  }
}

SessionPool::Chance SessionPool::reserve(Purpose purpose, Freshness freshness) {
  const MutexLock lock(mutex_);
  Chance chance;
  chance.releases = releases_;
  if (!has_place_for(purpose)) return chance;
  if (freshness == Freshness::any && !idle_.empty()) {
    chance.session = std::move(idle_.back());
    idle_.pop_back();
  } else {
    if (idle_.size() + lent_ >= limit()) {
      if (idle_.empty()) return chance;
      chance.discarded = std::move(idle_.front());
      idle_.erase(idle_.begin());
    }
    chance.may_open = true;
  }
  ++lent_;
  if (purpose == Purpose::transfer) ++lent_for_transfer_;
  return chance;
}

std::size_t SessionPool::limit() const {
  if (learnt_limit_ == 0 || clock_.now() >= learnt_limit_until_) return options_.max_sessions;
  return std::min(options_.max_sessions, learnt_limit_);
}

bool SessionPool::has_place_for(Purpose purpose) const {
  if (lent_ >= limit()) return false;
  const std::size_t for_transfer = std::max<std::size_t>(limit() - 1, 1);
  return purpose == Purpose::command || lent_for_transfer_ < for_transfer;
}

Result<Lease> SessionPool::open_lease(Purpose purpose, const OpContext& ctx) {
  auto session = opener_(ctx);
  if (!session) {
    take_back(nullptr, purpose);
    return fail(std::move(session));
  }
  const MutexLock lock(mutex_);
  ++opened_ever_;
  return Lease(*this, std::move(*session), purpose);
}

bool SessionPool::remember_session_limit() {
  const MutexLock lock(mutex_);
  const std::size_t others = idle_.size() + lent_;
  if (others == 0) return false;
  learnt_limit_ = others;
  learnt_limit_until_ = clock_.now() + options_.limit_memory;
  base::log("pool").info("the server takes no more than {} sessions at present", others);
  return true;
}

void SessionPool::take_back(std::unique_ptr<ftp::Session> session, Purpose purpose) {
  const bool keep = session != nullptr && session->reusable();
  {
    const MutexLock lock(mutex_);
    --lent_;
    if (purpose == Purpose::transfer) --lent_for_transfer_;
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
  return {.idle = idle_.size(), .lent = lent_, .opened_ever = opened_ever_};
}

}  // namespace ftpsfs::pool
