#pragma once

#include <atomic>
#include <cstdint>

namespace ftpsfs::remote {

// How many bytes of files' contents a mount has fetched, and how many of them were for nothing: sent ahead of a program
// that did not come, or that read only the beginning. Shared by those who fetch (FtpRemote) and those who know what
// became of it (read streams, copies, look-ahead); each byte is counted once. What had not yet arrived when a transfer
// was cut off is not seen. Thread safe; never blocks.
class FetchCounters {
 public:
  struct Totals {
    std::uint64_t fetched = 0;
    std::uint64_t unused = 0;  // of these; what is still kept for a reader is not among them
  };

  void fetched(std::uint64_t bytes) { fetched_.fetch_add(bytes, std::memory_order_relaxed); }
  void unused(std::uint64_t bytes) { unused_.fetch_add(bytes, std::memory_order_relaxed); }

  Totals totals() const {
    return {.fetched = fetched_.load(std::memory_order_relaxed),
            .unused = unused_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<std::uint64_t> fetched_ = 0;
  std::atomic<std::uint64_t> unused_ = 0;
};

}  // namespace ftpsfs::remote
