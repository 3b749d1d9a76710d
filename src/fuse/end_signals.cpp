#include "end_signals.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace ftpsfs::fuse {
namespace {

std::atomic<int> event_of_process{-1};
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

void add_one(int event) {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(event, &one, sizeof one));  // fails only when it is readable anyway
}

void on_signal(int /*signal*/) {
  const int saved = errno;
  if (const int event = event_of_process.load(); event >= 0) add_one(event);
  errno = saved;
}

}  // namespace

base::Result<EndSignals> EndSignals::install() {
  base::UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event)
    return base::fail(base::Errc::internal, fmt::format("no event descriptor: {}", std::strerror(errno)));
  int none = -1;
  if (!event_of_process.compare_exchange_strong(none, event.get())) {
    return base::fail(base::Errc::internal, "another mount of this process already handles the signals");
  }
  return EndSignals(std::move(event));
}

EndSignals::EndSignals(base::UniqueFd event) : event_(std::move(event)) {
  struct sigaction action{};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &previous_[i]);
    if (previous_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

EndSignals::EndSignals(EndSignals&& other) noexcept
    : event_(std::move(other.event_)), previous_(other.previous_) {}

EndSignals::~EndSignals() {
  if (!event_) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &previous_[i], nullptr);
  event_of_process.store(-1);
}

unsigned EndSignals::take() const {
  std::uint64_t count = 0;
  if (::read(event_.get(), &count, sizeof count) != static_cast<ssize_t>(sizeof count)) return 0;
  return static_cast<unsigned>(count);
}

void EndSignals::raise() const { add_one(event_.get()); }

}  // namespace ftpsfs::fuse
