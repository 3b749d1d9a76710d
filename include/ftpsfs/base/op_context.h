#pragma once

// What every blocking call is given: until when it may take, what may stop it, and how urgent it is.

#include <stop_token>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::base {

// Who is waiting: a program that called into the mount; nobody, though it has to be done; or nobody yet, and it may be
// left undone.
enum class Priority { foreground, deferred, background };

// A value, cheap to copy. The deadline is absolute and is set once where the request enters; a transfer that makes
// progress renews it per chunk with `with_time_limit`.
struct OpContext {
  SteadyTime deadline = SteadyTime::max();
  std::stop_token stop;
  Priority priority = Priority::foreground;

  static OpContext with_timeout(SteadyDuration timeout, std::stop_token stop = {});

  // The same request with a deadline `limit` from now, later or earlier than the present one.
  OpContext with_time_limit(SteadyDuration limit) const;

  // The same request with a deadline of at most `limit` from now.
  OpContext capped(SteadyDuration limit) const;

  // For clean-up that must happen although the caller gave up: not stoppable, ends `limit` from now.
  static OpContext for_cleanup(SteadyDuration limit);

  // An error when the deadline has passed or a stop was requested; `what` completes "… while <what>".
  Status check(std::string_view what) const;
};

}  // namespace ftpsfs::base
