#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace ftpsfs::cache {

// How much may be fetched ahead before somebody has used it. Each byte fetched costs one, each byte that a program then
// reads brings back two: a walk that reads at least half of what it is given goes on for ever, and one that reads only
// the heads of large files stops the fetching after `window` bytes. Time brings bytes back as well, so that another
// program gets its chance. Thread safe; never blocks.
class FetchCredit {
 public:
  explicit FetchCredit(std::uint64_t window) : window_(window), left_(window) {}

  // False, and nothing spent, when it does not suffice.
  bool spend(std::uint64_t bytes) {
    auto left = left_.load(std::memory_order_relaxed);
    do {
      if (bytes > left) return false;
    } while (!left_.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed));
    return true;
  }

  bool covers(std::uint64_t bytes) const { return bytes <= left_.load(std::memory_order_relaxed); }

  void used(std::uint64_t bytes) { add(2 * bytes); }

  // At most the window.
  void add(std::uint64_t bytes) {
    auto left = left_.load(std::memory_order_relaxed);
    while (!left_.compare_exchange_weak(left, std::min(window_, left + bytes), std::memory_order_relaxed)) {
    }
  }

 private:
  const std::uint64_t window_;
  std::atomic<std::uint64_t> left_;
};

}  // namespace ftpsfs::cache
