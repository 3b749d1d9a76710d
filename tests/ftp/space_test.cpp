#include "ftpsfs/ftp/space.h"

#include <gtest/gtest.h>

namespace ftpsfs::ftp {
namespace {

// As mod_quotatab writes it.
Reply quota(const std::string& uploaded) {
  return {
      .code = 200,
      .lines = {"The current quota for this session are [current/limit]:", "Name: alice", "Quota Type: User",
                "Per Session: False", "Limit Type: Hard", "  Uploaded " + uploaded,
                "  Downloaded bytes:\t1.00/2.00", "  Transferred bytes:\tunlimited", "  Uploaded files:\t3/4",
                "  Downloaded files:\tunlimited", "  Transferred files:\tunlimited",
                "Please contact ftp-admin if these entries are inaccurate"}};
}

TEST(Quota, IsReadInEveryUnit) {
  struct Case {
    const char* uploaded;
    std::uint64_t total;
    std::uint64_t available;
  };
  for (const auto& [uploaded, total, available] :
       {Case{"bytes:\t1000.00/5000.00", 5000, 4000}, Case{"Kb:\t\t1.50/10.00", 10240, 8704},
        Case{"Mb:\t\t0.00/100.00", 104857600, 104857600}, Case{"Gb:\t\t1.00/2.00", 2147483648, 1073741824},
        Case{"bytes:\t6000.00/5000.00", 5000, 0}}) {
    const auto space = parse_quota(quota(uploaded));
    ASSERT_TRUE(space) << uploaded;
    EXPECT_EQ(space->total, total) << uploaded;
    EXPECT_EQ(space->available, available) << uploaded;
  }
}

TEST(Quota, IsNoneWhereThereIsNoLimitOrNoSense) {
  for (const char* uploaded :
       {"bytes:\tunlimited", "Mb:\tunlimited", "bytes:\t1/", "bytes:\t/2", "bytes:\tnan/2", "bytes:\t1/inf",
        "bytes:\t-1/2", "bytes:\t1/1e300", "Tb:\t1.00/2.00", "files:\t3/4", "bytes 1/2", ""}) {
    EXPECT_FALSE(parse_quota(quota(uploaded))) << uploaded;
  }
  EXPECT_FALSE(parse_quota({.code = 202, .lines = {"No quotas in effect"}}));
  EXPECT_FALSE(parse_quota({.code = 200, .lines = {"OK"}}));
}

}  // namespace
}  // namespace ftpsfs::ftp
