#include "ftpsfs/control/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ftpsfs/control/server.h"

namespace ftpsfs::control {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

base::SystemTime at(int seconds) { return base::SystemTime(std::chrono::seconds(seconds)); }

MountStatus example() {
  MountStatus status;
  status.mount_point = "/mnt";
  status.source = "ftpes://host/";
  status.since = at(1'700'000'000);
  status.writeback = true;
  status.fetched = {.bytes = 70, .unused = 7};
  status.waiting = {.files = 1, .bytes = 12};
  status.waiting_files = {{.path = "/a", .size = 12, .uploading = true, .failures = 2, .last_error = "full"}};
  status.lost = 1;
  status.lost_files = {{.path = "/b", .kept = "/k/b", .reason = "refused", .when = at(1'600'000'000)}};
  return status;
}

TEST(Messages, StatusComesBackAsItWas) {
  const auto status = parse_status(to_json(example(), JsonForm::indented));
  ASSERT_TRUE(status) << status.error().describe();
  EXPECT_EQ(to_json(*status), to_json(example()));
  EXPECT_EQ(status->since, at(1'700'000'000));
  EXPECT_EQ(status->fetched.bytes, 70U);
  EXPECT_EQ(status->fetched.unused, 7U);
  ASSERT_EQ(status->waiting_files.size(), 1U);
  EXPECT_EQ(status->waiting_files[0].last_error, "full");
  ASSERT_EQ(status->lost_files.size(), 1U);
  EXPECT_EQ(status->lost_files[0].kept, "/k/b");
}

TEST(Messages, OutcomeAndProgressComeBackAsTheyWere) {
  const auto outcome = parse_flush_outcome(to_json(FlushOutcome{.error = "why", .status = example()}));
  ASSERT_TRUE(outcome) << outcome.error().describe();
  EXPECT_EQ(outcome->error, "why");
  EXPECT_EQ(outcome->status.waiting.files, 1U);
  const auto remaining = parse_remaining(to_json(Remaining{.files = 3, .bytes = 1ULL << 40}));
  ASSERT_TRUE(remaining) << remaining.error().describe();
  EXPECT_EQ(remaining->files, 3U);
  EXPECT_EQ(remaining->bytes, 1ULL << 40);
}

TEST(Messages, AreOneLineUnlessIndented) {
  auto status = example();
  status.waiting_files[0].path = "/line\nfeed";
  EXPECT_THAT(to_json(status), Not(HasSubstr("\n")));
  EXPECT_THAT(to_json(status, JsonForm::indented), HasSubstr("\n"));
}

TEST(Messages, NamesThatAreNotUtf8AreMarked) {
  auto status = example();
  status.waiting_files[0].path = "/gr\xfc\xdf";
  const auto back = parse_status(to_json(status));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->waiting_files[0].path, "/gr\uFFFD\uFFFD");
}

TEST(Messages, ListsAreBounded) {
  MountStatus status;
  status.waiting_files.resize(kMostListed + 5);
  auto back = parse_status(to_json(status));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->waiting_files.size(), kMostListed);

  for (auto& file : status.waiting_files) file.last_error = std::string(4000, 'x');
  status.lost_files.resize(kMostListed,
                           {.path = std::string(4000, 'y'), .kept = {}, .reason = {}, .when = {}});
  const auto json = to_json(status);
  EXPECT_LT(json.size(), kMostAnswer);
  back = parse_status(json);
  ASSERT_TRUE(back);
  EXPECT_GT(back->waiting_files.size(), 900U);
  EXPECT_GT(back->lost_files.size(), 900U);
}

TEST(Messages, OfAnotherKindAreRefused) {
  for (const auto* json :
       {"", "[]", "{", R"({"waiting":5})", R"({"lost":"many"})", R"({"waiting_files":[1]})"}) {
    const auto status = parse_status(json);
    ASSERT_FALSE(status) << json;
    EXPECT_EQ(status.error().code, base::Errc::protocol_error);
  }
  EXPECT_TRUE(parse_status(R"({"later":"field"})"));
}

}  // namespace
}  // namespace ftpsfs::control
