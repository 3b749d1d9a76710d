#pragma once

#include <signal.h>

#include <stop_token>
#include <thread>

namespace ftpsfs::app {

// While it lives, the first SIGINT, SIGTERM or SIGHUP requests a stop instead of ending the process, so that clean-up
// can follow; the second one ends it at once. To be made before any other thread.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  void watch();

  sigset_t signals_{};
  sigset_t previous_{};
  std::stop_source stop_;
  std::jthread watcher_;
};

}  // namespace ftpsfs::app
