// The thread that gets data channels ready on idle sessions, and has the server close those that nobody uses.

#include <signal.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/net/blocking.h"
#include "ftpsfs/pool/session_pool.h"
#include "wake_event.h"

namespace ftpsfs::pool {

using base::MutexLock;
using base::OpContext;
using base::SteadyTime;

namespace {

// A server that refuses a data channel for want of ports, or closes an unused one, is not asked ahead for this long.
constexpr std::chrono::seconds kPauseAfterFailure{30};

// In this thread: they are for those that wait for them.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

// What the thread waits for: descriptors of sessions, and the moment when the first unused channel is too old.
struct SessionPool::Vigil {
  std::vector<net::Interest> interests;
  std::vector<const ftp::Session*> sessions;  // beside the interests
  SteadyTime until = SteadyTime::max();       // of `clock_`
};

// Before a session becomes idle. Does not block.
void SessionPool::look_ahead(ftp::Session& session) {
  if (options_.ready_lifetime <= std::chrono::milliseconds::zero()) return;
  const auto now = clock_.now();
  auto& channel = session.ready_channel();
  channel.advance();
  const bool failed = channel.take_failure();
  {
    const MutexLock lock(mutex_);
    if (failed) no_look_ahead_until_ = now + kPauseAfterFailure;
    if (now < no_look_ahead_until_) return;
  }
  channel.begin(now);
}

bool SessionPool::is_stale(ftp::Session& session) const {
  const auto begun = session.ready_channel().begun_at();
  return begun && *begun + options_.ready_lifetime <= clock_.now();
}

// Whether the thread has to know of this session, which is about to become idle.
bool SessionPool::needs_tending(ftp::Session& session) const {
  const auto begun = session.ready_channel().begun_at();
  if (session.ready_channel().interests().empty()) return false;
  return !session.ready_channel().is_open() || !begun || *begun + options_.ready_lifetime < vigil_until_;
}

void SessionPool::wake_tender() {
  try {
    if (!tender_.joinable()) tender_ = std::thread([this] { tend(); });
  } catch (const std::system_error& error) {
    // Whoever leases the session does the work then.
    base::log("pool").debug("no thread to get data channels ready: {}", error.what());
  }
  wake_->raise();
}

void SessionPool::end_tender() {
  std::thread tender;
  {
    const MutexLock lock(mutex_);
    ending_ = true;
    tender = std::move(tender_);
  }
  wake_->raise();
  if (tender.joinable()) tender.join();
}

void SessionPool::tend() {
  block_signals();
  for (;;) {
    wake_->clear();
    auto vigil = begin_vigil();
    if (!vigil) return;
    keep(*vigil);
    for (std::size_t i = 0; i < vigil->sessions.size(); ++i) tend(*vigil->sessions[i]);
  }
}

std::optional<SessionPool::Vigil> SessionPool::begin_vigil() {
  const MutexLock lock(mutex_);
  if (ending_) return std::nullopt;
  Vigil vigil;
  for (const auto& session : idle_) {
    for (const auto& interest : session->ready_channel().interests()) {
      vigil.interests.push_back(interest);
      vigil.sessions.push_back(session.get());
    }
    if (const auto begun = session->ready_channel().begun_at())
      vigil.until = std::min(vigil.until, *begun + options_.ready_lifetime);
  }
  vigil_until_ = vigil.until;
  return vigil;
}

// A descriptor may belong to somebody else by now, who has leased its session or closed it: that wakes us for nothing.
void SessionPool::keep(Vigil& vigil) {
  auto interests = vigil.interests;
  interests.push_back({.descriptor = wake_->descriptor(), .read = true});
  OpContext ctx;
  if (vigil.until != SteadyTime::max())
    ctx = OpContext::with_timeout(std::max(vigil.until - clock_.now(), base::SteadyDuration::zero()));
  (void)net::wait(interests, ctx, "tending idle sessions");
}

void SessionPool::tend(const ftp::Session& known) {
  auto session = borrow_idle(known);
  if (!session) return;
  auto& channel = session->ready_channel();
  channel.advance();
  if (is_stale(*session)) channel.retire();
  if (channel.take_failure()) {
    const MutexLock lock(mutex_);
    no_look_ahead_until_ = clock_.now() + kPauseAfterFailure;
  }
  return_idle(std::move(session));
}

std::unique_ptr<ftp::Session> SessionPool::borrow_idle(const ftp::Session& known) {
  const MutexLock lock(mutex_);
  const auto found = std::ranges::find(idle_, &known, [](const auto& idle) { return idle.get(); });
  if (found == idle_.end()) return nullptr;
  auto session = std::move(*found);
  place_of_tended_ = found - idle_.begin();
  idle_.erase(found);
  ++tended_;
  return session;
}

void SessionPool::return_idle(std::unique_ptr<ftp::Session> session) {
  const bool departs = !session->reusable();
  if (departs) session.reset();
  {
    const MutexLock lock(mutex_);
    --tended_;
    if (departs) last_departure_ = std::chrono::steady_clock::now();
    if (session) {
      const auto place = std::min<std::ptrdiff_t>(place_of_tended_, std::ssize(idle_));
      idle_.insert(idle_.begin() + place, std::move(session));
    }
    ++releases_;
  }
  changed_.notify_all();
}

}  // namespace ftpsfs::pool
