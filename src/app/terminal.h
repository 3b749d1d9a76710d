#pragma once

#include <termios.h>

#include <array>
#include <csignal>

namespace ftpsfs::app {

// Turns a terminal's echo off for as long as it lives.
class EchoOff {
 public:
  explicit EchoOff(int terminal);
  ~EchoOff();
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  int terminal_;
  termios previous_{};
  bool changed_ = false;
};

// While it lives, the signals that a person sends from the keyboard only interrupt a read(2); its destructor lets the
// one that came take effect. Declared before an EchoOff, it makes the terminal be restored first.
class HoldSignals {
 public:
  HoldSignals();
  ~HoldSignals();
  HoldSignals(const HoldSignals&) = delete;
  HoldSignals& operator=(const HoldSignals&) = delete;

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
  std::array<struct sigaction, kSignals.size()> previous_{};
};

}  // namespace ftpsfs::app
