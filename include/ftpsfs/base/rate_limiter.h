#pragma once

// How fast bytes may pass: a token bucket that several transfers share.

#include <cstddef>
#include <cstdint>
#include <deque>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/mutex.h"
#include "ftpsfs/base/op_context.h"

namespace ftpsfs::base {

// Thread safe. In any time t no more than rate * t + most_at_once() bytes pass.
//
// Who comes first is served first, and foreground before background: beside callers of the foreground those of the
// background get one turn in eight. Not none, because a program may be waiting for what has been begun with background
// priority, and because a transfer that gets nothing at all is given up, by us or by the server.
class RateLimiter {
 public:
  static constexpr std::uint64_t kLeastRate = 1024;

  // `clock` must outlive it. Rates below kLeastRate count as that, those above 1 TiB per second as 1 TiB.
  explicit RateLimiter(std::uint64_t bytes_per_second, const Clock& clock = steady_clock());

  // Waits until a worthwhile part of `wanted` may pass, and takes that; tells how many bytes these are, 1 to `wanted`,
  // most_at_once() at most. A caller who is alone waits half of what the bucket takes to fill: 1/20 s, and 1/2 s at the
  // least rate. timed_out and cancelled as `ctx` says, only where it had to wait.
  Result<std::size_t> take(std::size_t wanted, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);

  // What was taken and did not pass after all. Does not block.
  void give_back(std::size_t unused) FTPSFS_EXCLUDES(mutex_);

  // Bytes: 1/10 s worth, at least 1 KiB.
  std::size_t most_at_once() const { return capacity_; }

  // How many callers wait at this moment.
  std::size_t waiting() const FTPSFS_EXCLUDES(mutex_);

 private:
  struct Caller {
    std::size_t least;  // bytes that are worth a turn
  };
  using Queue = std::deque<const Caller*>;

  Status wait_for_turn(const Caller& caller, const OpContext& ctx) FTPSFS_REQUIRES(mutex_);
  const Caller* next() const FTPSFS_REQUIRES(mutex_);
  void count_turn(Priority priority) FTPSFS_REQUIRES(mutex_);
  void refill() FTPSFS_REQUIRES(mutex_);
  std::size_t available() const FTPSFS_REQUIRES(mutex_);
  SteadyDuration time_until(std::size_t bytes) const FTPSFS_REQUIRES(mutex_);

  const std::uint64_t rate_;  // bytes per second
  const std::size_t capacity_;
  const Clock& clock_;

  mutable Mutex mutex_;
  CondVar changed_;  // a turn ended, or bytes came back
  Queue foreground_ FTPSFS_GUARDED_BY(mutex_);
  Queue background_ FTPSFS_GUARDED_BY(mutex_);
  unsigned turns_before_background_ FTPSFS_GUARDED_BY(mutex_) = 0;  // while somebody there waited
  std::uint64_t credit_ FTPSFS_GUARDED_BY(mutex_);                  // millionths of a byte
  SteadyTime refilled_ FTPSFS_GUARDED_BY(mutex_);
};

}  // namespace ftpsfs::base
