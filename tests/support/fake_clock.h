#pragma once

#include <atomic>

#include "ftpsfs/base/clock.h"

namespace ftpsfs::testing {

// A Clock that stands still until a test lets time pass. Thread safe.
class FakeClock final : public base::Clock {
 public:
  base::SteadyTime now() const override { return base::SteadyTime(base::SteadyDuration(elapsed_.load())); }

  void advance(base::SteadyDuration by) { elapsed_ += by.count(); }

 private:
  std::atomic<base::SteadyDuration::rep> elapsed_ = 1'000'000'000'000;  // any time but the beginning of time
};

}  // namespace ftpsfs::testing
