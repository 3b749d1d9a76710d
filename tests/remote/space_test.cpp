// What is known of the server's space.

#include <gtest/gtest.h>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

Personality telling(std::optional<std::uint64_t> available, std::vector<std::string> quota) {
  Personality p = permissive();
  if (available) p.features.emplace_back("AVBL");
  p.available = available;
  p.quota = std::move(quota);
  return p;
}

const std::vector<std::string> kQuota{"The current quota for this session are [current/limit]:",
                                      " Name: ftpt", "   Uploaded bytes:\t100.00/1000.00"};

TEST(RemoteSpace, IsWhatAvblTells) {
  ServedStack served(telling(123'456'789'012, {}));
  const auto space = served.fs().space(test_context());
  ASSERT_TRUE(space && *space);
  EXPECT_EQ((*space)->available, 123'456'789'012U);
  EXPECT_EQ((*space)->total, 123'456'789'012U);
}

TEST(RemoteSpace, IsWhatTheQuotaLeaves) {
  ServedStack served(telling(std::nullopt, kQuota));
  const auto space = served.fs().space(test_context());
  ASSERT_TRUE(space && *space);
  EXPECT_EQ((*space)->total, 1000U);
  EXPECT_EQ((*space)->available, 900U);
}

TEST(RemoteSpace, IsTheLessOfDiskAndQuota) {
  ServedStack full(telling(50, kQuota));
  EXPECT_EQ(full.fs().space(test_context()).value()->available, 50U);
  ServedStack roomy(telling(5000, kQuota));
  EXPECT_EQ(roomy.fs().space(test_context()).value()->available, 900U);
}

TEST(RemoteSpace, IsUnknownWhereNothingTellsAndAskedForOnce) {
  for (auto* const server : {&permissive, &strict_vsftpd, &pureftpd, &strict_filezilla, &iis, &listonly}) {
    ServedStack served(server());
    SCOPED_TRACE(server().name);
    for (int i = 0; i < 2; ++i) {
      const auto space = served.fs().space(test_context());
      ASSERT_TRUE(space) << space.error().describe();
      EXPECT_FALSE(*space);
    }
    EXPECT_EQ(served.server.snapshot().command_count("AVBL"), 1U);
    EXPECT_EQ(served.server.snapshot().command_count("SITE QUOTA"), 1U);
  }
}

}  // namespace
}  // namespace ftpsfs::testing
