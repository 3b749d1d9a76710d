#pragma once

// A mutex that clang's thread-safety analysis understands, and a condition variable that knows deadlines and stops.
// Rule of the house: no Mutex is held across network I/O or a reply to the kernel.

#include <condition_variable>
#include <mutex>

#include "ftpsfs/base/op_context.h"

#if defined(__clang__)
#define FTPSFS_TSA(x) __attribute__((x))
#else
#define FTPSFS_TSA(x)
#endif

#define FTPSFS_GUARDED_BY(x) FTPSFS_TSA(guarded_by(x))
#define FTPSFS_REQUIRES(...) FTPSFS_TSA(requires_capability(__VA_ARGS__))
#define FTPSFS_EXCLUDES(...) FTPSFS_TSA(locks_excluded(__VA_ARGS__))
#define FTPSFS_ACQUIRE(...) FTPSFS_TSA(acquire_capability(__VA_ARGS__))
#define FTPSFS_RELEASE(...) FTPSFS_TSA(release_capability(__VA_ARGS__))
#define FTPSFS_ACQUIRED_BEFORE(...) FTPSFS_TSA(acquired_before(__VA_ARGS__))
#define FTPSFS_NO_ANALYSIS FTPSFS_TSA(no_thread_safety_analysis)

namespace ftpsfs::base {

class FTPSFS_TSA(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() FTPSFS_ACQUIRE() { mutex_.lock(); }
  void unlock() FTPSFS_RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class FTPSFS_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) FTPSFS_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() FTPSFS_RELEASE() {
    if (locked_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  // For the "unlock, do I/O, lock again" shape.
  void unlock() FTPSFS_RELEASE() {
    locked_ = false;
    mutex_.unlock();
  }
  void lock() FTPSFS_ACQUIRE() {
    mutex_.lock();
    locked_ = true;
  }

 private:
  Mutex& mutex_;
  bool locked_ = true;
};

class CondVar {
 public:
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

  // Waits until notified (or spuriously woken), or for an error until the deadline or a stop. The caller holds
  // `mutex` and re-checks its condition in a loop, where the analysis can see it.
  Status wait(Mutex& mutex, const OpContext& ctx, std::string_view what) FTPSFS_REQUIRES(mutex);

 private:
  std::condition_variable_any condition_;
};

}  // namespace ftpsfs::base
