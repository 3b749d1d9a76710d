#pragma once

#include <functional>

namespace ftpsfs::testing {

// While it lives, `before` runs before each call of fsync, rename, link and unlink in this process, in the thread that
// calls. One at a time. The functions themselves are replaced in this test program (durability_steps.cpp), so that the
// code under test needs no hooks; fsync does nothing any more.
class DurabilitySteps {
 public:
  explicit DurabilitySteps(std::function<void()> before);
  ~DurabilitySteps();
  DurabilitySteps(const DurabilitySteps&) = delete;
  DurabilitySteps& operator=(const DurabilitySteps&) = delete;
};

}  // namespace ftpsfs::testing
