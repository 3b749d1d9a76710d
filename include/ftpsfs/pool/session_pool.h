#pragma once

// The sessions of one mount: opened when needed, lent to one user at a time, kept warm, replaced when lost.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/mutex.h"
#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"

namespace ftpsfs::pool {

// What a session is wanted for. Of several sessions one always stays free for commands, so that `ls` answers while
// every other session moves data; with a single session both share it.
enum class Purpose { command, transfer };

enum class Freshness {
  any,             // an idle session, if it still looks alive
  new_connection,  // after an idle one turned out to be dead: one that was opened for this very use
};

class SessionPool;

// The right to use one session. Move-only. At its end the session goes back to the pool if it is reusable (it knows)
// and is dropped otherwise; nobody else decides that. Not thread safe; the session may be used by the holder only.
class Lease {
 public:
  Lease() = default;
  ~Lease() { release(); }
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  ftp::Session& session() const { return *session_; }
  explicit operator bool() const { return session_ != nullptr; }
  void release();

 private:
  friend class SessionPool;
  Lease(SessionPool& pool, std::unique_ptr<ftp::Session> session, Purpose purpose);

  SessionPool* pool_ = nullptr;
  std::unique_ptr<ftp::Session> session_;
  Purpose purpose_ = Purpose::command;
};

// A holder of a lease that can do without it for a while: a download between two reads of its program.
class Lender {
 public:
  virtual ~Lender() = default;

  // Gives the lease back now if that needs no waiting; false when it is in use. Called by any thread, with no pool
  // lock held.
  virtual bool lend_back() = 0;
};

struct PoolOptions {
  std::size_t max_sessions = 4;                      // at least 1
  std::chrono::milliseconds limit_memory{60'000};    // how long a "too many connections" keeps the pool small
  std::chrono::milliseconds refusal_memory{60'000};  // how long a refused login is not tried again
  // How long a data channel that was opened ahead may wait for its use; zero: none is opened ahead. All servers
  // measured keep one for at least 20 s (ftp-srv 30 s).
  std::chrono::milliseconds ready_lifetime{15'000};
  // How long deferred work lets others go first, before it asks for a session as they do.
  std::chrono::milliseconds longest_deferral{1'000};
};

class WakeEvent;

// Thread safe. No lock is held while a session is opened or used.
//
// The number of sessions a server takes is learnt when it refuses one, or closes one before the login, while others are
// open: that many are then not exceeded for `limit_memory`, after which one more is tried, one at a time. A server that
// still counts a session which has just ended is asked again for a moment, so that a limit of one session is enough.
//
// A session that goes back gets its next data channel opened ahead (ftp::ReadyChannel), by a thread of the pool that
// begins with the first of these and otherwise sleeps. It is given up when nobody uses it for `ready_lifetime`, and the
// next one is opened behind the session's next use: on an unused mount nothing is sent. A lease of a session whose
// channel is not there yet gets it all the same: commands need not wait for it, transfers wait for the rest of it.
//
// A refused login is final for `refusal_memory`: servers ban addresses after a few, so nobody tries again before that.
class SessionPool {
 public:
  using Opener = std::function<base::Result<std::unique_ptr<ftp::Session>>(const base::OpContext&)>;
  using WallClock = std::function<base::SystemTime()>;

  // `clock` must outlive the pool, and the pool every lease and lender. `wall_clock` tells when TLS tickets run out.
  SessionPool(
      Opener opener, const PoolOptions& options, const base::Clock& clock,
      WallClock wall_clock = [] { return base::SystemTime(std::chrono::system_clock::now()); });
  ~SessionPool();  // says good-bye on the idle sessions

  // An idle session (for a transfer rather one whose data channel is ready), or a new one while there are fewer than
  // allowed; else asks lenders for theirs, else waits. An idle session whose TLS ticket has run out is replaced by a new
  // one first (Session::resumption_expired). When the server takes no further session while others are open, the pool
  // stays at their number for a while and waits instead.
  // Errors: those of opening a session, timed_out, cancelled.
  base::Result<Lease> acquire(Purpose purpose, const base::OpContext& ctx,
                              Freshness freshness = Freshness::any) FTPSFS_EXCLUDES(mutex_);

  // A request with background priority gets what nobody needs at present, an idle session or a further one below the
  // limit, at once or not at all: then it is `busy`. Whatever its purpose, it leaves one session for commands. A deferred
  // one gets the same, the only session of all included, and waits for it, until it has waited long enough.

  // An idle session whose next data channel is ready, for a transfer that may begin at once; no lease when there is none
  // that nobody needs at present. One session is left for commands. Does not wait.
  Lease acquire_ready() FTPSFS_EXCLUDES(mutex_);

  // Opens a session, if none is idle and a request with background priority could have it.
  base::Status warm_up(const base::OpContext& ctx) FTPSFS_EXCLUDES(mutex_);

  // Makes a lease holder known as a lender, until it ends.
  void register_lender(std::weak_ptr<Lender> lender) FTPSFS_EXCLUDES(mutex_);

  struct Statistics {
    std::size_t idle = 0;
    std::size_t lent = 0;
    std::size_t opened_ever = 0;
  };
  Statistics statistics() const FTPSFS_EXCLUDES(mutex_);

 private:
  friend class Lease;

  // What an applicant gets right now: a session, the right to open one, or neither.
  struct Chance {
    std::unique_ptr<ftp::Session> session;
    std::unique_ptr<ftp::Session> discarded;  // closed to make room for a new one
    bool may_open = false;
    bool worth_waiting = false;  // after an opening that failed: a session may still be had
    std::uint64_t releases = 0;  // how many leases had ended, or openings failed, by then
  };
  base::Result<Lease> acquire_in_turn(Purpose purpose, const base::OpContext& ctx, Freshness freshness)
      FTPSFS_EXCLUDES(mutex_);
  Chance reserve(Purpose purpose, Freshness freshness) FTPSFS_EXCLUDES(mutex_);
  Chance reserve_behind_others(const base::OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  base::Result<Lease> acquire_behind_others(const base::OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  bool has_place_behind_others(base::Priority priority) const FTPSFS_REQUIRES(mutex_);
  std::size_t limit() const FTPSFS_REQUIRES(mutex_);
  std::size_t established() const FTPSFS_REQUIRES(mutex_);
  bool waits_for_first_login() const FTPSFS_REQUIRES(mutex_);
  bool has_place_for(Purpose purpose) const FTPSFS_REQUIRES(mutex_);
  bool usable(ftp::Session& session) const;
  // Of a session that was idle and counts as lent; none, and its place is free, when it is not usable any more.
  Lease lease_if_usable(std::unique_ptr<ftp::Session> session, Purpose purpose) FTPSFS_EXCLUDES(mutex_);
  base::Status check_refusal() const FTPSFS_EXCLUDES(mutex_);
  bool wait_for_departure(const base::OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  void note_opened() FTPSFS_REQUIRES(mutex_);
  bool note_failed(const base::Error& error) FTPSFS_REQUIRES(mutex_);  // whether a session may still be had
  base::Result<Lease> open_lease(Purpose purpose, const base::OpContext& ctx, Chance& chance)
      FTPSFS_EXCLUDES(mutex_);
  void take_back(std::unique_ptr<ftp::Session> session, Purpose purpose) FTPSFS_EXCLUDES(mutex_);
  std::unique_ptr<ftp::Session> pick_idle(Purpose purpose) FTPSFS_REQUIRES(mutex_);
  std::unique_ptr<ftp::Session> reserve_ready() FTPSFS_EXCLUDES(mutex_);

  struct Vigil;
  void look_ahead(ftp::Session& session) FTPSFS_EXCLUDES(mutex_);
  bool is_stale(ftp::Session& session) const;
  bool needs_tending(ftp::Session& session) const FTPSFS_REQUIRES(mutex_);
  void wake_tender() FTPSFS_REQUIRES(mutex_);
  void end_tender() FTPSFS_EXCLUDES(mutex_);
  void tend() FTPSFS_EXCLUDES(mutex_);
  std::optional<Vigil> begin_vigil() FTPSFS_EXCLUDES(mutex_);
  void keep(Vigil& vigil);
  void tend(const ftp::Session& known) FTPSFS_EXCLUDES(mutex_);
  std::unique_ptr<ftp::Session> borrow_idle(const ftp::Session& known) FTPSFS_EXCLUDES(mutex_);
  void return_idle(std::unique_ptr<ftp::Session> session) FTPSFS_EXCLUDES(mutex_);

  bool ask_lenders() FTPSFS_EXCLUDES(mutex_);
  base::Status wait_for_release(std::uint64_t releases_seen, const base::OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);

  const Opener opener_;
  const PoolOptions options_;
  const base::Clock& clock_;
  const WallClock wall_clock_;

  mutable base::Mutex mutex_;  // the only lock here; nothing else is locked while it is held
  base::CondVar changed_;
  std::vector<std::unique_ptr<ftp::Session>> idle_ FTPSFS_GUARDED_BY(mutex_);  // the most recently used last
  std::size_t tended_ FTPSFS_GUARDED_BY(mutex_) = 0;  // idle, but in the tender's hands: 0 or 1
  std::size_t lent_ FTPSFS_GUARDED_BY(mutex_) = 0;    // of any purpose, being opened included
  std::size_t opening_ FTPSFS_GUARDED_BY(mutex_) = 0;
  std::size_t lent_for_transfer_ FTPSFS_GUARDED_BY(mutex_) = 0;
  std::uint64_t releases_ FTPSFS_GUARDED_BY(mutex_) = 0;
  std::size_t opened_ever_ FTPSFS_GUARDED_BY(mutex_) = 0;
  std::size_t learnt_limit_ FTPSFS_GUARDED_BY(mutex_) = 0;  // 0 = none
  base::SteadyTime learnt_limit_until_ FTPSFS_GUARDED_BY(mutex_);
  std::optional<base::Error> refusal_ FTPSFS_GUARDED_BY(mutex_);  // of the login
  base::SteadyTime refusal_until_ FTPSFS_GUARDED_BY(mutex_);
  base::SteadyTime last_departure_ FTPSFS_GUARDED_BY(mutex_);  // of a session that we closed; in real time
  base::SteadyTime no_look_ahead_until_ FTPSFS_GUARDED_BY(mutex_);
  base::SteadyTime vigil_until_ FTPSFS_GUARDED_BY(mutex_) = base::SteadyTime::max();
  std::ptrdiff_t place_of_tended_ = 0;  // among the idle ones; the tender's own
  bool ending_ FTPSFS_GUARDED_BY(mutex_) = false;
  const std::unique_ptr<WakeEvent> wake_;
  std::thread tender_ FTPSFS_GUARDED_BY(mutex_);
  std::list<std::weak_ptr<Lender>> lenders_ FTPSFS_GUARDED_BY(mutex_);  // the longest known first
};

}  // namespace ftpsfs::pool
