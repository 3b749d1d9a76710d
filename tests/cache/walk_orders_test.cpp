#include "walk_orders.h"

#include <map>

#include "cache_test_support.h"

namespace ftpsfs::testing {
namespace {

using cache::WalkOrders;
using model::FileType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kMost = 8;

model::Listing listing_of(const std::vector<std::string>& names, FileType type = FileType::file) {
  model::Listing listing;
  for (const auto& name : names) listing.push_back({.name = name, .attributes = {.type = type, .size = 1}});
  return listing;
}

class WalkOrdersTest : public ::testing::Test {
 protected:
  std::vector<std::string> visit(std::string_view text, FileType type = FileType::file) {
    std::vector<std::string> next;
    for (const auto& step : orders.visit(path(text), type, kMost)) next.push_back(step.path.str());
    return next;
  }

  void learn(std::string_view directory, const std::vector<std::string>& names) {
    orders.learn(path(directory), listing_of(names));
  }

  WalkOrders orders{WalkOrders::Limits{.directories = 3, .entries = 30}};
};

TEST_F(WalkOrdersTest, TwoInTheListingsOrderAreAWalk) {
  learn("/d", {"z", "m", "a", "k", "b"});
  EXPECT_THAT(visit("/d/z"), IsEmpty());
  EXPECT_THAT(visit("/d/m"), ElementsAre("/d/a", "/d/k"));
}

TEST_F(WalkOrdersTest, TwoInTheOrderOfTheirNamesAreAWalk) {
  learn("/d", {"z", "m", "c", "k", "b"});
  visit("/d/b");
  EXPECT_THAT(visit("/d/c"), ElementsAre("/d/k", "/d/m"));
}

TEST_F(WalkOrdersTest, TwoInTheOrderOfTheirInodeNumbersAreAWalk) {
  WalkOrders numbered(WalkOrders::Limits{}, [](const model::RemotePath& file) {
    return std::map<std::string_view, std::uint64_t>{{"a", 20}, {"b", 40}, {"c", 10}, {"d", 50}, {"e", 30}}
        .at(file.name());
  });
  numbered.learn(path("/d"), listing_of({"a", "b", "c", "d", "e"}));
  EXPECT_THAT(numbered.visit(path("/d/c"), FileType::file, kMost), IsEmpty());
  EXPECT_THAT(numbered.visit(path("/d/a"), FileType::file, kMost), SizeIs(2));
  const auto next = numbered.visit(path("/d/e"), FileType::file, kMost);
  ASSERT_THAT(next, SizeIs(2));
  EXPECT_EQ(next[0].path.str(), "/d/b");
  EXPECT_EQ(next[1].path.str(), "/d/d");
}

TEST_F(WalkOrdersTest, TheLongerWalkDecidesWhereOrdersDisagree) {
  learn("/d", {"a", "b", "z", "c", "d"});
  visit("/d/a");
  visit("/d/b");
  EXPECT_THAT(visit("/d/c"), ElementsAre("/d/d"));  // both orders lead here
  learn("/e", {"a", "y", "b", "x", "c"});
  visit("/e/a");
  visit("/e/y");
  EXPECT_THAT(visit("/e/b"), ElementsAre("/e/x", "/e/c"));
}

TEST_F(WalkOrdersTest, GoesFurtherAheadTheLongerItGoesOn) {
  learn("/d", {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"});
  visit("/d/a");
  EXPECT_EQ(visit("/d/b").size(), 2u);
  EXPECT_EQ(visit("/d/c").size(), 4u);
  EXPECT_EQ(visit("/d/d").size(), kMost);
  EXPECT_EQ(visit("/d/e").size(), kMost);
  EXPECT_THAT(visit("/d/l"), IsEmpty());  // a jump
}

TEST_F(WalkOrdersTest, ComingBackIsNoWalk) {
  learn("/d", {"a", "b", "c"});
  visit("/d/c");
  EXPECT_THAT(visit("/d/b"), IsEmpty());
  EXPECT_THAT(visit("/d/b"), IsEmpty());
}

TEST_F(WalkOrdersTest, AFewMayBeLeftOut) {
  learn("/d", {"a.c", "a.h", "a.o", "b.c", "c.c"});
  visit("/d/a.c");
  EXPECT_THAT(visit("/d/b.c"), ElementsAre("/d/c.c"));
}

TEST_F(WalkOrdersTest, FilesAndDirectoriesAreWalkedOnTheirOwn) {
  auto listing = listing_of({"a", "b", "c"});
  for (const auto& entry : listing_of({"p", "q", "r"}, FileType::directory)) listing.push_back(entry);
  orders.learn(path("/"), listing);
  visit("/a");
  EXPECT_THAT(visit("/p", FileType::directory), IsEmpty());
  EXPECT_THAT(visit("/b"), ElementsAre("/c"));
  EXPECT_THAT(visit("/q", FileType::directory), ElementsAre("/r"));
}

TEST_F(WalkOrdersTest, NothingIsKnownOfOtherDirectoriesNamesAndTheRoot) {
  learn("/", {"a", "b"});
  EXPECT_THAT(visit("/"), IsEmpty());
  EXPECT_THAT(visit("/d/a"), IsEmpty());
  EXPECT_THAT(visit("/c"), IsEmpty());
  EXPECT_THAT(visit("/a", FileType::directory), IsEmpty());
}

TEST_F(WalkOrdersTest, ANewListingReplacesTheOldOne) {
  learn("/d", {"a", "b", "c"});
  visit("/d/a");
  learn("/d", {"a", "b", "x"});
  EXPECT_THAT(visit("/d/b"), IsEmpty());
  EXPECT_THAT(visit("/d/x"), IsEmpty());
}

TEST_F(WalkOrdersTest, ForgetsTheLeastRecentlyWalkedDirectory) {
  for (const char* directory : {"/1", "/2", "/3"}) learn(directory, {"a", "b", "c"});
  visit("/1/a");
  learn("/4", {"a", "b"});  // in the place of /2
  EXPECT_THAT(visit("/1/b"), ElementsAre("/1/c"));
  visit("/2/a");
  EXPECT_THAT(visit("/2/b"), IsEmpty());
}

TEST_F(WalkOrdersTest, RemembersABoundedNumberOfEntries) {
  learn("/small", {"a", "b", "c"});
  learn("/large", std::vector<std::string>(31, "x"));
  visit("/small/a");
  EXPECT_THAT(visit("/small/b"), ElementsAre("/small/c"));
  std::vector<std::string> names;
  for (char c = 'a'; c < 'a' + 26; ++c) names.emplace_back(1, c);
  learn("/1", names);
  learn("/2", {"x", "y"});
  learn("/3", names);
  visit("/1/a");
  EXPECT_THAT(visit("/1/b"), IsEmpty());
}

}  // namespace
}  // namespace ftpsfs::testing
