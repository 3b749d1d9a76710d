#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/mutex.h"

namespace ftpsfs::cache {

// Does `work`, which returns a Result, and turns what it throws (out of memory) into Errc::internal.
template <class Work>
std::invoke_result_t<Work&> without_throwing(Work& work) {
  try {
    return work();
  } catch (const std::exception& thrown) {
    return base::fail(base::Errc::internal, thrown.what());
  }
}

// Does `work` with `mutex` released: the way out to the network for whoever has promised the others, in state that the
// mutex guards, to come back with an answer. Returns normally and with the mutex held whatever happens.
template <class Work>
std::invoke_result_t<Work&> without_lock(base::Mutex& mutex, Work&& work) FTPSFS_REQUIRES(mutex) {
  mutex.unlock();
  auto result = without_throwing(work);
  mutex.lock();
  return result;
}

}  // namespace ftpsfs::cache
