#include "ftpsfs/base/spelling.h"

#include <gtest/gtest.h>

#include <array>

namespace ftpsfs::base {
namespace {

constexpr std::array<std::string_view, 4> kNames{"no_epsv", "no_mlsd", "no_mlst", "pret"};

TEST(NearestName, TakesTheFewestChanges) {
  EXPECT_EQ(nearest_name("no_epvs", kNames), "no_epsv");
  EXPECT_EQ(nearest_name("mlst", kNames), "no_mlst");
  EXPECT_EQ(nearest_name("PRET", kNames), "pret");
  EXPECT_EQ(nearest_name("pre", kNames), "pret");
}

TEST(NearestName, GivesTheFirstOfSeveral) { EXPECT_EQ(nearest_name("no_mls", kNames), "no_mlsd"); }

TEST(NearestName, GivesSomethingForNothing) { EXPECT_EQ(nearest_name("", kNames), "pret"); }

}  // namespace
}  // namespace ftpsfs::base
