#pragma once

#include <atomic>
#include <chrono>

#include "unique_fd.h"

namespace ftpsfs::testing {

enum class Ready { ready, timed_out, cancelled };

// How one thread interrupts another that sits in poll(). cancel() is for ever, nudge() wakes the command wait
// once.
class Wakeup {
 public:
  Wakeup();
  void cancel();
  void nudge();
  void take_nudge();
  [[nodiscard]] bool cancelled() const { return cancelled_.load(); }
  [[nodiscard]] int cancel_fd() const { return cancel_.get(); }
  [[nodiscard]] int nudge_fd() const { return nudge_.get(); }

  // Error and hang-up states of the descriptor count as ready: the next read or write reports them.
  [[nodiscard]] Ready wait(int fd, short events, std::chrono::milliseconds limit) const;

 private:
  UniqueFd cancel_;
  UniqueFd nudge_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace ftpsfs::testing
