// Additions to a file that stays where it is.

#include "store_fixture.h"

namespace ftpsfs::testing {
namespace {

using ::testing::ElementsAre;

class Appending : public StoreTest, public ::testing::WithParamInterface<Personality (*)()> {
 protected:
  Appending() : StoreTest(GetParam()()) { served.folder.write("file", old_content); }

  base::Result<std::optional<remote::Stored>> append(const std::string& all) {
    const auto path = at("/file");
    const auto base = model::FileVersion::of(served.fs().refresh_file(path, test_context()).value());
    return served.fs().append(path, base, content_of(all), test_context());
  }

  void expect_appended(const std::string& all) {
    const auto appended = append(all);
    ASSERT_TRUE(appended) << appended.error().describe();
    ASSERT_TRUE(*appended);
    EXPECT_EQ((*appended)->attributes.size, all.size());
    EXPECT_TRUE(content("file") == all);
  }

  // That it takes a store, and how much is there by then.
  void expect_left_to_a_store(const std::string& all, const std::string& there) {
    const auto appended = append(all);
    ASSERT_TRUE(appended) << appended.error().describe();
    EXPECT_FALSE(*appended);
    EXPECT_TRUE(content("file") == there);
  }

  const std::string old_content = patterned_bytes(300'000);
  const std::string whole = old_content + "and more";
};

INSTANTIATE_TEST_SUITE_P(Servers, Appending,
                         ::testing::Values(&permissive, &strict_vsftpd, &strict_filezilla, &pureftpd,
                                           &pyftpdlib),
                         [](const auto& test) { return test.param().name; });

TEST_P(Appending, SendsOnlyTheRest) {
  expect_appended(whole);
  EXPECT_EQ(served.server.snapshot().bytes_received, 8U);
  EXPECT_EQ(count("RETR"), 0U);
  EXPECT_EQ(count("STOR"), 0U);
}

TEST_P(Appending, IsLeftToAStoreWhereItIsRefusedWhichIsRemembered) {
  const auto refused =
      served.server.faults().on_command("APPE", 0, Fault::reply_with("502 Command not implemented."));
  expect_left_to_a_store(whole, old_content);
  expect_left_to_a_store(whole, old_content);
  EXPECT_EQ(refused.fired(), 1U);
}

TEST_P(Appending, TellsThatThereIsNoRoom) {
  served.server.faults().on_command("APPE", 1, Fault::reply_with("452 Insufficient storage space."));
  const auto appended = append(whole);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, base::Errc::no_space);
}

TEST_P(Appending, WhoseFinalReplyIsLostIsDone) {
  served.server.faults().on_command("APPE", 1, Fault::cut(CutPoint::before_final_reply));
  expect_appended(whole);
  EXPECT_EQ(count("APPE"), 1U);
}

TEST_P(Appending, ThatIsCutOffIsNeverRepeated) {
  Fault fault = Fault::cut(CutPoint::after_bytes);
  fault.data_bytes = 1'000'000;
  served.server.faults().on_command("APPE", 1, fault);
  const auto appended = append(old_content + patterned_bytes(3'000'000));
  ASSERT_TRUE(appended) << appended.error().describe();
  EXPECT_FALSE(*appended);
  EXPECT_EQ(count("APPE"), 1U);
  EXPECT_TRUE(content("file").starts_with(old_content));
}

TEST_P(Appending, ToAnotherFileIsStale) {
  const auto path = at("/file");
  const auto base = model::FileVersion::of(served.fs().refresh_file(path, test_context()).value());
  served.folder.write("file", "another one");
  const auto appended = served.fs().append(path, base, content_of(whole), test_context());
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, base::Errc::stale);
  EXPECT_EQ(content("file"), "another one");
}

}  // namespace
}  // namespace ftpsfs::testing
