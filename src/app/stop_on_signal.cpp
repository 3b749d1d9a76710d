#include "stop_on_signal.h"

#include <unistd.h>

#include <array>

namespace ftpsfs::app {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
constexpr int kWakeUp = SIGUSR2;  // from the destructor

}  // namespace

StopOnSignal::StopOnSignal() {
  sigemptyset(&signals_);
  for (const int signal : kSignals) sigaddset(&signals_, signal);
  sigaddset(&signals_, kWakeUp);
  // Blocked in every thread that is made from now on, so that only the watcher sees them.
  pthread_sigmask(SIG_BLOCK, &signals_, &previous_);
  watcher_ = std::jthread([this] { watch(); });
}

StopOnSignal::~StopOnSignal() {
  pthread_kill(watcher_.native_handle(), kWakeUp);
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

void StopOnSignal::watch() {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals_, &signal) != 0 || signal == kWakeUp) return;
    if (stop_.stop_requested()) ::_exit(128 + signal);
    stop_.request_stop();
  }
}

}  // namespace ftpsfs::app
