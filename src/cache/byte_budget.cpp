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

void ByteBudget::give_back(std::uint64_t bytes) {
  const base::MutexLock lock(mutex_);
  used_ -= bytes;
}

std::uint64_t ByteBudget::used() const {
  const base::MutexLock lock(mutex_);
  return used_;
}

}  // namespace ftpsfs::cache
