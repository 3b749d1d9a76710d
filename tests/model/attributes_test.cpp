#include "ftpsfs/model/attributes.h"

#include <gtest/gtest.h>

#include "ftpsfs/model/file_version.h"

namespace ftpsfs::model {
namespace {

using namespace std::chrono_literals;

const base::SystemTime kTime = std::chrono::sys_days(2024y / 5 / 3);

Attributes full() {
  return {.type = FileType::file,
          .size = 5,
          .modified = kTime,
          .precision = TimePrecision::minute,
          .mode = 0644,
          .link_target = {},
          .unique_id = "id"};
}

TEST(Attributes, GapsAreFilledFromOlderOnes) {
  EXPECT_EQ(Attributes().with_gaps_from(full()), full());
  EXPECT_EQ(full().with_gaps_from(Attributes()), full());

  Attributes newer;
  newer.size = 6;
  newer.modified = kTime + 1s;
  const auto merged = newer.with_gaps_from(full());
  EXPECT_EQ(merged.size, 6U);
  EXPECT_EQ(merged.modified, kTime + 1s);
  EXPECT_EQ(merged.precision, TimePrecision::second);  // goes with its time
  EXPECT_EQ(merged.mode, 0644U);
  EXPECT_EQ(merged.unique_id, "id");
}

TEST(Attributes, AnotherTypeIsAnotherFile) {
  Attributes directory;
  directory.type = FileType::directory;
  EXPECT_EQ(directory.with_gaps_from(full()), directory);
}

TEST(Attributes, LinkTargetIsKept) {
  Attributes older;
  older.type = FileType::symlink;
  older.link_target = "target";
  Attributes newer;
  newer.type = FileType::symlink;
  EXPECT_EQ(newer.with_gaps_from(older).link_target, "target");
}

TEST(FileVersion, CountsOnlyExactTimes) {
  auto attributes = full();
  EXPECT_EQ(FileVersion::of(attributes).modified, std::nullopt);
  attributes.precision = TimePrecision::day;
  EXPECT_EQ(FileVersion::of(attributes).modified, std::nullopt);
  attributes.precision = TimePrecision::second;
  EXPECT_EQ(FileVersion::of(attributes), (FileVersion{.size = 5, .modified = kTime, .unique_id = "id"}));
  EXPECT_EQ(FileVersion::of(Attributes()), FileVersion());
}

TEST(FileVersion, MayEqualUnlessCertainlyDifferent) {
  const FileVersion known{.size = 5, .modified = kTime, .unique_id = "id"};
  const auto with = [known](auto change) {
    FileVersion other = known;
    change(other);
    return other;
  };
  EXPECT_TRUE(known.may_equal(known));
  EXPECT_TRUE(known.may_equal(with([](FileVersion& v) { v.modified.reset(); })));
  EXPECT_TRUE(with([](FileVersion& v) { v.unique_id.clear(); }).may_equal(known));
  EXPECT_FALSE(known.may_equal(with([](FileVersion& v) { v.size = 6; })));
  EXPECT_FALSE(known.may_equal(with([](FileVersion& v) { v.modified = kTime + 1s; })));
  EXPECT_FALSE(known.may_equal(with([](FileVersion& v) { v.unique_id = "other"; })));
}

}  // namespace
}  // namespace ftpsfs::model
