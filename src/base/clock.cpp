#include "ftpsfs/base/clock.h"

namespace ftpsfs::base {
namespace {

class RealClock final : public Clock {
 public:
  SteadyTime now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

const Clock& steady_clock() {
  static const RealClock clock;
  return clock;
}

}  // namespace ftpsfs::base
