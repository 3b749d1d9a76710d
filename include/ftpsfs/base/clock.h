#pragma once

// Time as the layers see it. Deadlines and lifetimes use the monotonic clock, file times the system clock.

#include <chrono>

namespace ftpsfs::base {

using SteadyTime = std::chrono::steady_clock::time_point;
using SteadyDuration = std::chrono::steady_clock::duration;
using SystemTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// Seam: caches and the pool ask a Clock for lifetimes, so that tests can let time pass. Thread safe.
// Deadlines of I/O do not go through it: poll(2) knows only real time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime now() const = 0;
};

// The process-wide real clock.
const Clock& steady_clock();

}  // namespace ftpsfs::base
