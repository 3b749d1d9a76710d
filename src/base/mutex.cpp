#include "ftpsfs/base/mutex.h"

#include <utility>

namespace ftpsfs::base {

Status CondVar::wait(Mutex& mutex, const OpContext& ctx, std::string_view what) {
  if (auto ok = ctx.check(what); !ok) return ok;
  // The predicate lets exactly one wake-up through; only the overload with a predicate also wakes on a stop.
  bool asked = false;
  condition_.wait_until(mutex, ctx.stop, ctx.deadline, [&asked] { return std::exchange(asked, true); });
  return ctx.check(what);
}

}  // namespace ftpsfs::base
