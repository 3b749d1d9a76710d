#include "ftpsfs/model/range_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <random>

namespace ftpsfs::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kMax = UINT64_MAX;

TEST(RangeSet, MergesOverlappingAndTouchingRanges) {
  RangeSet set;
  set.add({10, 20});
  set.add({30, 40});
  set.add({20, 25});
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{10, 25}, ByteRange{30, 40}));
  set.add({24, 30});
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{10, 40}));
  set.add({0, 100});
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{0, 100}));
  EXPECT_EQ(set.total(), 100U);
}

TEST(RangeSet, RemovesFromTheMiddle) {
  RangeSet set;
  set.add({0, 10});
  set.remove({3, 5});
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{0, 3}, ByteRange{5, 10}));
  set.remove({2, 6});
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{0, 2}, ByteRange{6, 10}));
  set.remove({0, kMax});
  EXPECT_TRUE(set.empty());
}

TEST(RangeSet, EmptyRangesChangeNothing) {
  RangeSet set;
  set.add({5, 5});
  set.add({6, 2});
  EXPECT_TRUE(set.empty());
  set.add({0, 10});
  set.remove({5, 5});
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{0, 10}));
  EXPECT_TRUE(set.contains({50, 50}));
  EXPECT_THAT(set.missing({50, 50}), IsEmpty());
}

TEST(RangeSet, MissingParts) {
  RangeSet set;
  EXPECT_THAT(set.missing({0, 5}), ElementsAre(ByteRange{0, 5}));
  set.add({10, 20});
  set.add({30, 40});
  EXPECT_THAT(set.missing({0, 50}), ElementsAre(ByteRange{0, 10}, ByteRange{20, 30}, ByteRange{40, 50}));
  EXPECT_THAT(set.missing({12, 35}), ElementsAre(ByteRange{20, 30}));
  EXPECT_THAT(set.missing({12, 18}), IsEmpty());
  EXPECT_THAT(set.missing({20, 30}), ElementsAre(ByteRange{20, 30}));
}

TEST(RangeSet, ReachesToTheLastPosition) {
  RangeSet set;
  set.add({kMax - 1, kMax});
  set.add({0, 1});
  EXPECT_TRUE(set.contains({kMax - 1, kMax}));
  EXPECT_THAT(set.missing({0, kMax}), ElementsAre(ByteRange{1, kMax - 1}));
  set.add({0, kMax});
  EXPECT_EQ(set.total(), kMax);
  set.clear();
  EXPECT_TRUE(set.empty());
}

// The same set as one bit per position.
class Bitmap {
 public:
  static constexpr std::size_t kSize = 64;

  void fill(ByteRange range, bool value) {
    for (auto i = range.begin; i < range.end; ++i) bits_[i] = value;
  }
  std::size_t count() const { return bits_.count(); }

  // The runs of positions within `range` that are set, or not set.
  std::vector<ByteRange> runs(ByteRange range, bool value) const {
    std::vector<ByteRange> found;
    for (auto i = range.begin; i < range.end; ++i) {
      if (bits_[i] != value) continue;
      if (!found.empty() && found.back().end == i) {
        ++found.back().end;
      } else {
        found.push_back({i, i + 1});
      }
    }
    return found;
  }

 private:
  std::bitset<kSize> bits_;
};

TEST(RangeSet, AgreesWithABitmap) {
  std::mt19937 random(1);
  const auto any_range = [&random] {
    const std::uint64_t first = random() % (Bitmap::kSize + 1);
    const std::uint64_t second = random() % (Bitmap::kSize + 1);
    return ByteRange{std::min(first, second), std::max(first, second)};
  };
  for (int round = 0; round < 300; ++round) {
    RangeSet set;
    Bitmap bitmap;
    for (int step = 0; step < 60; ++step) {
      const auto range = any_range();
      const bool adding = random() % 3 != 0 && range.size() < 12;
      if (adding) {
        set.add(range);
      } else {
        set.remove(range);
      }
      bitmap.fill(range, adding);

      const auto probe = any_range();
      ASSERT_EQ(set.ranges(), bitmap.runs({0, Bitmap::kSize}, true));
      ASSERT_EQ(set.missing(probe), bitmap.runs(probe, false));
      ASSERT_EQ(set.contains(probe), bitmap.runs(probe, false).empty());
      ASSERT_EQ(set.total(), bitmap.count());
      ASSERT_EQ(set.empty(), bitmap.count() == 0);
    }
  }
}

}  // namespace
}  // namespace ftpsfs::model
