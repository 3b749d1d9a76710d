#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::app {

// Standard output is another file as long as this lives.
class Redirected {
 public:
  explicit Redirected(const char* file) : original_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    const base::UniqueFd other(::open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    EXPECT_GE(::dup2(other.get(), STDOUT_FILENO), 0);
  }
  ~Redirected() {
    std::fflush(stdout);
    ::dup2(original_.get(), STDOUT_FILENO);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  base::UniqueFd original_;
};

}  // namespace ftpsfs::app
