// What follows an upload travels right behind its data where the server leaves that unread, and is believed only if the
// upload succeeded.

#include <gmock/gmock.h>

#include "store_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

const std::string kText = "some text";

// What comes during an upload is worked on at once.
Personality answering_early(Personality personality) {
  personality.commands_meanwhile = CommandsMeanwhile::executed;
  personality.upload_lingers = 100ms;
  return personality;
}

class BehindUploads : public StoreTest {
 protected:
  BehindUploads() : StoreTest(strict_vsftpd()) {}

  std::uint64_t connections() const { return served.server.snapshot().control_connections; }
};

TEST_F(BehindUploads, ARefusalIsToldAndTheSessionGoesOn) {
  served.server.faults().on_command("STOR", 1,
                                    Fault{.replace_reply = "552 Disk full.", .execute_anyway = true});
  const auto stored = store("file", kText, new_file());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::no_space);
  EXPECT_THAT(stored.error().describe(), HasSubstr("Disk full"));
  ASSERT_TRUE(store("file", kText, new_file()));
  EXPECT_EQ(content("file"), kText);
  EXPECT_EQ(connections(), 1U);
}

TEST_F(BehindUploads, AnotherSizeIsAnError) {
  served.server.faults().on_command("SIZE", 0, Fault::reply_with("213 4"));
  const auto stored = store("file", kText, new_file());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::protocol_error);
}

TEST_F(BehindUploads, AnswersThatAreLostAreAskedForAnew) {
  served.folder.write("file", "old");
  for (const char* verb : {"SITE CHMOD", "SIZE", "MDTM"}) {
    served.server.faults().on_command(verb, 1, Fault::cut(CutPoint::before_execute));
    const auto stored = store("file", std::string(kLarge, 'x'), {.mode = 0640});
    ASSERT_TRUE(stored) << verb << ": " << stored.error().describe();
    EXPECT_EQ(content("file"), std::string(kLarge, 'x'));
    EXPECT_EQ(mode("file"), 0640U);
    EXPECT_EQ(on_disk().size(), 1U) << verb;
  }
}

TEST_F(BehindUploads, ARefusalOutweighsTheLossOfTheAnswers) {
  served.server.faults().on_command("STOR", 1,
                                    Fault{.replace_reply = "552 Disk full.", .execute_anyway = true});
  served.server.faults().on_command("SIZE", 1, Fault::cut(CutPoint::before_execute));
  const auto stored = store("file", kText, new_file());
  ASSERT_FALSE(stored);
  EXPECT_THAT(stored.error().describe(), HasSubstr("Disk full"));
}

class AnsweredEarly : public ::testing::TestWithParam<std::set<std::string, std::less<>>> {};

TEST_P(AnsweredEarly, IsNoticedAndNotTriedAgain) {
  auto personality = answering_early(strict_vsftpd());
  personality.missing_verbs.insert(GetParam().begin(), GetParam().end());
  ServedStack served(std::move(personality));
  const remote::StoreOptions options{.creates = true, .mode = 0640};
  for (const std::string name : {"one", "two"}) {
    const auto stored = served.fs().store(at("/" + name), content_of(kText), options, test_context());
    ASSERT_TRUE(stored) << stored.error().describe();
    EXPECT_EQ(stored->attributes.size, kText.size());
    EXPECT_EQ(served.folder.read(name), kText);
  }
  EXPECT_TRUE(served.stack.knowledge.one_at_a_time);
  EXPECT_EQ(served.server.snapshot().control_connections, 2U);
}

INSTANTIATE_TEST_SUITE_P(Replies, AnsweredEarly,
                         ::testing::Values(std::set<std::string, std::less<>>{},
                                           std::set<std::string, std::less<>>{"SITE CHMOD"},
                                           std::set<std::string, std::less<>>{"SITE CHMOD", "MDTM", "SIZE"}));

TEST(BehindUploadsElsewhere, NothingIsSent) {
  for (auto* const make : {&permissive, &proftpd, &pureftpd, &strict_filezilla, &pyftpdlib}) {
    auto personality = make();
    SCOPED_TRACE(personality.name);
    personality.upload_lingers = 100ms;
    if (personality.commands_meanwhile == CommandsMeanwhile::wait)
      personality.commands_meanwhile = CommandsMeanwhile::refused;
    ServedStack served(std::move(personality));
    const auto stored = served.fs().store(at("/file"), content_of(kText), {.creates = true}, test_context());
    ASSERT_TRUE(stored) << stored.error().describe();
    EXPECT_FALSE(served.stack.knowledge.one_at_a_time);
    EXPECT_EQ(served.server.snapshot().control_connections, 1U);
  }
}

TEST(BehindUploadsElsewhere, NothingIsSentWhereCommandsGoOneAtATime) {
  ServedStack served(answering_early(strict_vsftpd()));
  served.stack.knowledge.one_at_a_time = true;
  ASSERT_TRUE(served.fs().store(at("/file"), content_of(kText), {.creates = true}, test_context()));
  EXPECT_TRUE(served.stack.knowledge.is_vsftpd);
  EXPECT_EQ(served.server.snapshot().control_connections, 1U);
}

TEST(BehindUploadsElsewhere, VsftpdIsKnownBehindABannerUnlessThatNamesAnother) {
  for (const auto& [banner, known] :
       {std::pair{"Welcome to ftp.example.org", true}, std::pair{"ProFTPD Server", false}}) {
    auto personality = strict_vsftpd();
    personality.greeting = {banner};
    ServedStack served(std::move(personality));
    ASSERT_TRUE(served.stack.open_session());
    EXPECT_EQ(served.stack.knowledge.is_vsftpd, known) << banner;
    EXPECT_EQ(served.stack.knowledge.takes_commands_behind_data(), known) << banner;
  }
}

}  // namespace
}  // namespace ftpsfs::testing
