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

// ftp-srv runs only on demand (FTPSFS_FTP_SRV=1), as installing npm on a Debian 12 would cost more than the tests.
bool is_wanted(const std::string& real_server);

}  // namespace ftpsfs::mount_test

// In a test's SetUp: leaves it, as skipped or (where everything is required) failed, when there is a reason to.
#define FTPSFS_NEEDS(why)                                                     \
  if (const auto reason = (why)) {                                            \
    if (::ftpsfs::mount_test::everything_required()) GTEST_FAIL() << *reason; \
    GTEST_SKIP() << *reason;                                                  \
  }                                                                           \
  static_assert(true)
