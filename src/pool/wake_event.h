#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::pool {

// Ends a wait of net::wait from another thread.
class WakeEvent {
 public:
  WakeEvent() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  int descriptor() const { return event_.get(); }

  void raise() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
  }

  void clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(event_.get(), &count, sizeof count);
  }

 private:
  base::UniqueFd event_;
};

}  // namespace ftpsfs::pool
