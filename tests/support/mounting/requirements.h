#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace ftpsfs::mount_test {

// With FTPSFS_REQUIRE_ALL=1 nothing may be skipped.
bool everything_required();

// Why this machine cannot do it, or nothing.
std::optional<std::string> why_no_fuse();
std::optional<std::string> why_no_real_servers();  // they need root

}  // namespace ftpsfs::mount_test

// In a test's SetUp: leaves it, as skipped or (where everything is required) failed, when there is a reason to.
#define FTPSFS_NEEDS(why)                                                     \
  if (const auto reason = (why)) {                                            \
    if (::ftpsfs::mount_test::everything_required()) GTEST_FAIL() << *reason; \
    GTEST_SKIP() << *reason;                                                  \
  }                                                                           \
  static_assert(true)
