#include "terminal.h"

namespace ftpsfs::app {
namespace {

volatile std::sig_atomic_t signal_that_came = 0;

void remember(int signal) { signal_that_came = signal; }

}  // namespace

EchoOff::EchoOff(int terminal) : terminal_(terminal) {
  if (tcgetattr(terminal_, &previous_) != 0) return;
  termios silent = previous_;
  silent.c_lflag &= ~tcflag_t{ECHO};
  silent.c_lflag |= tcflag_t{ECHONL};
  changed_ = tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
}

EchoOff::~EchoOff() {
  if (changed_) tcsetattr(terminal_, TCSAFLUSH, &previous_);
}

HoldSignals::HoldSignals() {
  signal_that_came = 0;
  struct sigaction action{};
  action.sa_handler = remember;  // without SA_RESTART
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &previous_[i]);
    if (previous_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

HoldSignals::~HoldSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &previous_[i], nullptr);
  if (signal_that_came != 0) std::raise(signal_that_came);
}

}  // namespace ftpsfs::app
