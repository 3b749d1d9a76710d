#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/mutex.h"
#include "ftpsfs/base/op_context.h"

namespace ftpsfs::cache {

// Bytes of local disk that many share. Thread safe.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t limit) : limit_(limit) {}

  // All of them or none: no_space.
  base::Status take(std::uint64_t bytes) FTPSFS_EXCLUDES(mutex_);

  // Whether `bytes` more fit for somebody who has `own` of those in use. Waits for the others to give theirs back, if
  // that would help, until ctx ends; a few callers at a time, since each of them keeps a thread from the others' work.
  bool wait_for_room(std::uint64_t bytes, std::uint64_t own, const base::OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);
  void give_back(std::uint64_t bytes) FTPSFS_EXCLUDES(mutex_);
  std::uint64_t used() const FTPSFS_EXCLUDES(mutex_);

 private:
  const std::uint64_t limit_;
  mutable base::Mutex mutex_;
  base::CondVar given_back_;
  std::uint64_t used_ FTPSFS_GUARDED_BY(mutex_) = 0;
  unsigned waiting_ FTPSFS_GUARDED_BY(mutex_) = 0;
};

// Bytes taken from a budget until it is known what becomes of them. Gives back what was not kept.
class Reservation {
 public:
  static base::Result<Reservation> take(ByteBudget& budget, std::uint64_t bytes) {
    if (auto ok = budget.take(bytes); !ok) return base::fail(std::move(ok));
    return Reservation(budget, bytes);
  }
  Reservation(Reservation&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  Reservation& operator=(Reservation&&) = delete;
  ~Reservation() { budget_.give_back(bytes_); }

  // So many of them are in use now, and for whoever uses them to give back.
  void keep(std::uint64_t bytes) { bytes_ -= bytes; }

 private:
  Reservation(ByteBudget& budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}

  ByteBudget& budget_;
  std::uint64_t bytes_;
};

}  // namespace ftpsfs::cache
