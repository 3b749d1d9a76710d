#include "wakeup.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace ftpsfs::testing {

namespace {

UniqueFd make_event() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.valid()) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

void raise_event(int fd) {
  const std::uint64_t one = 1;
  // A full counter is as readable as one more would be.
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
}

}  // namespace

Wakeup::Wakeup() : cancel_(make_event()), nudge_(make_event()) {}

void Wakeup::cancel() {
  cancelled_.store(true);
  raise_event(cancel_.get());
}

void Wakeup::nudge() { raise_event(nudge_.get()); }

void Wakeup::take_nudge() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto taken = ::read(nudge_.get(), &count, sizeof count);
}

Ready Wakeup::wait(int fd, short events, std::chrono::milliseconds limit) const {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    if (cancelled()) return Ready::cancelled;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() < 0) return Ready::timed_out;
    std::array<pollfd, 2> fds{pollfd{fd, events, 0}, pollfd{cancel_.get(), POLLIN, 0}};
    const int count = ::poll(fds.data(), fds.size(), static_cast<int>(left.count()));
    if (count < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
    if (count <= 0) {
      if (count == 0) return Ready::timed_out;
      continue;
    }
    if (fds[1].revents != 0) return Ready::cancelled;
    if (fds[0].revents != 0) return Ready::ready;
  }
}

}  // namespace ftpsfs::testing
