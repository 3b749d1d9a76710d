#include "durability_steps.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>
#include <utility>

namespace ftpsfs::testing {
namespace {

struct Hook {
  std::mutex mutex;
  std::function<void()> before;
};

Hook& hook() {
  static Hook the_hook;
  return the_hook;
}

void step() {
  thread_local bool inside = false;  // the hook itself works with files
  if (std::exchange(inside, true)) return;
  {
    const std::lock_guard lock(hook().mutex);
    if (hook().before) hook().before();
  }
  inside = false;
}

}  // namespace

DurabilitySteps::DurabilitySteps(std::function<void()> before) {
  const std::lock_guard lock(hook().mutex);
  hook().before = std::move(before);
}

DurabilitySteps::~DurabilitySteps() {
  const std::lock_guard lock(hook().mutex);
  hook().before = nullptr;
}

}  // namespace ftpsfs::testing

extern "C" {

// Does nothing else: tests lose processes, not power, and there are thousands of calls.
int fsync(int /*fd*/) {
  ftpsfs::testing::step();
  return 0;
}

int rename(const char* from, const char* to) noexcept {
  ftpsfs::testing::step();
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int link(const char* from, const char* to) noexcept {
  ftpsfs::testing::step();
  return static_cast<int>(::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int unlink(const char* path) noexcept {
  ftpsfs::testing::step();
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

}  // extern "C"
