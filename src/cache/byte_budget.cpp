#include "byte_budget.h"

#include <fmt/format.h>

namespace ftpsfs::cache {

base::Status ByteBudget::take(std::uint64_t bytes) {
  const base::MutexLock lock(mutex_);
  if (bytes > limit_ - used_) {
    return base::fail(
        base::Errc::no_space,
        fmt::format("{} more bytes do not fit into the spool: {} of {} are in use", bytes, used_, limit_));
  }
  used_ += bytes;
  return {};
}

bool ByteBudget::wait_for_room(std::uint64_t bytes, std::uint64_t own, const base::OpContext& ctx) {
  constexpr unsigned kMostWaiting = 8;
  const base::MutexLock lock(mutex_);
  const auto fits = [&]() FTPSFS_REQUIRES(mutex_) { return bytes <= limit_ - used_; };
  if (fits()) return true;
  if (bytes > limit_ - own || waiting_ == kMostWaiting) return false;
  ++waiting_;
  base::Status ok;
  while (ok && !fits() && used_ > own) ok = given_back_.wait(mutex_, ctx, "waiting for room in the spool");
  --waiting_;
  return fits();
}

void ByteBudget::give_back(std::uint64_t bytes) {
  {
    const base::MutexLock lock(mutex_);
    used_ -= bytes;
  }
  given_back_.notify_all();
}

std::uint64_t ByteBudget::used() const {
  const base::MutexLock lock(mutex_);
  return used_;
}

}  // namespace ftpsfs::cache
