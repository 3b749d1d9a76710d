#include "ftpsfs/base/op_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ftpsfs::base {
namespace {

// Saturating, so that a limit of SteadyDuration::max() means for ever.
SteadyTime after(SteadyDuration limit) {
  const auto now = std::chrono::steady_clock::now();
  return limit > SteadyTime::max() - now ? SteadyTime::max() : now + limit;
}

}  // namespace

OpContext OpContext::with_timeout(SteadyDuration timeout, std::stop_token stop) {
  return {.deadline = after(timeout), .stop = std::move(stop)};
}

OpContext OpContext::with_time_limit(SteadyDuration limit) const {
  OpContext copy = *this;
  copy.deadline = after(limit);
  return copy;
}

OpContext OpContext::capped(SteadyDuration limit) const {
  OpContext copy = with_time_limit(limit);
  copy.deadline = std::min(copy.deadline, deadline);
  return copy;
}

OpContext OpContext::for_cleanup(SteadyDuration limit) { return OpContext{}.with_time_limit(limit); }

Status OpContext::check(std::string_view what) const {
  if (stop.stop_requested()) return fail(Errc::cancelled, fmt::format("interrupted while {}", what));
  if (std::chrono::steady_clock::now() >= deadline) {
    return fail(Errc::timed_out, fmt::format("timed out while {}", what));
  }
  return {};
}

}  // namespace ftpsfs::base
