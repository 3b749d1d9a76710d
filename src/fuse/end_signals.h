#pragma once

#include <array>
#include <csignal>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::fuse {

// While it lives, SIGINT, SIGTERM and SIGHUP do not end the process but make `fd` readable, whichever thread they hit.
// A signal that is ignored stays ignored (nohup). One object at a time in a process.
class EndSignals {
 public:
  static base::Result<EndSignals> install();
  ~EndSignals();
  EndSignals(EndSignals&& other) noexcept;
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

  int fd() const { return event_.get(); }

  // How many came since the last call.
  unsigned take() const;

  // As if a signal had come; any thread.
  void raise() const;

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};

  explicit EndSignals(base::UniqueFd event);

  base::UniqueFd event_;
  std::array<struct sigaction, kSignals.size()> previous_{};
};

}  // namespace ftpsfs::fuse
