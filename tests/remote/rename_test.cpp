#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RenameOver : public ::testing::TestWithParam<Personality (*)()> {
 protected:
  RenameOver() : served_(not_replacing()) {}

  static Personality not_replacing() {
    auto personality = GetParam()();
    personality.rename_over_existing = false;
    if (personality.name == "proftpd") personality.error_templates["RNTO"] = "550 Rename permission denied";
    return personality;
  }

  remote::RemoteFs& fs() { return served_.fs(); }
  base::Status rename(const char* from, const char* to) {
    return fs().rename(at(from), at(to), test_context());
  }
  std::uint64_t count(std::string_view verb) {
    return served_.server.snapshot().command_count(std::string(verb));
  }

  std::string content(const std::string& name) const { return served_.folder.read(name); }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(served_.folder.path()))
      found.push_back(entry.path().filename().string());
    std::ranges::sort(found);
    return found;
  }

  // Renames a over b, and is told to stop while the server is silent after that RNTO.
  base::Error stopped_at_rnto(std::uint64_t nth) {
    served_.folder.write("a", "from a");
    served_.folder.write("b", "from b");
    served_.stack.knowledge.lacks_rename_over = true;
    auto handle = served_.server.faults().on_command("RNTO", nth, Fault{.hold_reply = true});
    std::stop_source stop;
    std::jthread stopper([&] {
      EXPECT_TRUE(handle.wait_reached(std::chrono::seconds(60)));
      stop.request_stop();
    });
    const auto ctx = base::OpContext::with_timeout(std::chrono::seconds(100), stop.get_token());
    const auto renamed = fs().rename(at("/a"), at("/b"), ctx);
    return renamed ? base::Error{} : renamed.error();
  }

  ServedStack served_;
};

INSTANTIATE_TEST_SUITE_P(Servers, RenameOver, ::testing::Values(&iis, &filezilla09, &proftpd),
                         [](const auto& test) { return test.param().name; });

TEST_P(RenameOver, LetsTheTargetStepAsideAndRemembersThat) {
  for (const auto* name : {"a", "b", "c"}) served_.folder.write(name, std::string("from ") + name);
  ASSERT_TRUE(rename("/a", "/b"));
  EXPECT_EQ(read_all(fs(), at("/b")).value_or("failed"), "from a");
  EXPECT_TRUE(served_.stack.knowledge.lacks_rename_over);
  const auto before = count("RNTO");
  ASSERT_TRUE(rename("/c", "/b"));
  EXPECT_EQ(count("RNTO"), before + 2) << "no RNTO that is known to be refused";
  EXPECT_EQ(read_all(fs(), at("/b")).value_or("failed"), "from c");
  EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_P(RenameOver, RemovesNothingThatRenameDoesNotReplace) {
  served_.folder.write("file", "x");
  served_.folder.write("full/file", "x");
  served_.folder.write("directory/file", "x");
  EXPECT_EQ(rename("/file", "/full").error().code, Errc::is_a_directory);
  EXPECT_EQ(rename("/full", "/file").error().code, Errc::not_a_directory);
  EXPECT_EQ(rename("/directory", "/full").error().code, Errc::not_empty);
  EXPECT_EQ(rename("/nothing", "/file").error().code, Errc::not_found);
  EXPECT_EQ(count("DELE"), 0U);
  EXPECT_EQ(read_all(fs(), at("/full/file")).value_or("failed"), "x");
}

TEST_P(RenameOver, GivesTheTargetItsNameBackWhenTheServerThenRefuses) {
  served_.folder.write("a", "from a");
  served_.folder.write("b", "from b");
  served_.server.faults().on_command("RNTO", 3, Fault::reply_with("550 Access is denied."));
  EXPECT_FALSE(rename("/a", "/b"));
  EXPECT_EQ(content("a"), "from a");
  EXPECT_EQ(content("b"), "from b");
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

TEST_P(RenameOver, SaysWhereTheTargetIsWhenItCannotHaveItsNameBack) {
  served_.folder.write("a", "from a");
  served_.folder.write("b", "from b");
  for (const std::uint64_t nth : {3U, 4U, 5U})
    served_.server.faults().on_command("RNTO", nth, Fault::reply_with("550 Access is denied."));
  const auto renamed = rename("/a", "/b");
  ASSERT_FALSE(renamed);
  EXPECT_THAT(renamed.error().message, HasSubstr("/b: its old content is in /.ftpsfs-old-"));
  EXPECT_EQ(content("a"), "from a");
  ASSERT_EQ(names().size(), 2U);
  EXPECT_EQ(content(names().front()), "from b");
}

TEST_P(RenameOver, RemovesNothingWhereTheTargetMayNotStepAside) {
  served_.folder.write("a", "from a");
  served_.folder.write("b", "from b");
  for (const std::uint64_t nth : {2U, 5U})  // away, and under a name without a dot
    served_.server.faults().on_command("RNTO", nth, Fault::reply_with("550 Access is denied."));
  EXPECT_FALSE(rename("/a", "/b"));
  EXPECT_EQ(count("DELE"), 0U);
  EXPECT_EQ(content("a"), "from a");
  EXPECT_EQ(content("b"), "from b");
}

// The second try is made under a name without a dot.
TEST_P(RenameOver, StepsAsideUnderAPlainNameWhereDotsAreRefused) {
  served_.folder.write("a", "from a");
  served_.folder.write("b", "from b");
  served_.server.faults().on_command("RNTO", 2, Fault::reply_with("553 Prohibited file name."));
  ASSERT_TRUE(rename("/a", "/b"));
  EXPECT_EQ(content("b"), "from a");
  EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_P(RenameOver, GoesOnAfterALostConnectionAtAnyStep) {
  for (const auto* verb : {"RNFR", "RNTO", "DELE"}) {
    for (const std::uint64_t nth : {1U, 2U, 3U}) {
      for (const CutPoint point :
           {CutPoint::before_execute, CutPoint::before_final_reply, CutPoint::after_final_reply}) {
        SCOPED_TRACE(std::string(verb) + " " + std::to_string(nth));
        served_.folder.write("a", "from a");
        served_.folder.write("b", "from b");
        served_.server.faults().on_command(verb, nth, Fault::cut(point));
        const auto renamed = rename("/a", "/b");
        EXPECT_TRUE(renamed) << renamed.error().describe();
        EXPECT_EQ(content("b"), "from a");
        served_.server.faults().clear();
        EXPECT_TRUE(fs().list(at("/"), test_context())) << "removes what is left";
        EXPECT_THAT(names(), ElementsAre("b"));
      }
    }
  }
}

// On a server without regard to case RNTO finds the source itself in its way.
TEST_P(RenameOver, NeverRemovesWhatMayBeTheSource) {
  served_.folder.write("name", "x");
  served_.folder.write("NAME", "y");
  EXPECT_FALSE(rename("/name", "/NAME"));
  EXPECT_EQ(count("DELE"), 0U);
}

TEST(RenameOverLinks, NeverRemovesTheSourceUnderItsOtherName) {
  auto personality = proftpd();
  personality.rename_over_existing = false;
  ServedStack served(personality);
  served.folder.write("directory/file", "x");
  std::filesystem::create_directory_symlink("directory", served.folder.path() / "link");
  EXPECT_FALSE(served.fs().rename(at("/directory/file"), at("/link/file"), test_context()));
  EXPECT_EQ(served.server.snapshot().command_count("DELE"), 0U);
  EXPECT_EQ(read_all(served.fs(), at("/directory/file")).value_or("failed"), "x");
}

// Without unique ids, as on IIS, nothing but size and time can tell that the two names are of one file.
TEST_P(RenameOver, NeverRemovesTheSourceBehindALinkedDirectory) {
  served_.folder.write("directory/file", "x");
  std::filesystem::create_directory_symlink("directory", served_.folder.path() / "link");
  EXPECT_FALSE(rename("/directory/file", "/link/file"));
  EXPECT_EQ(count("DELE"), 0U);
  EXPECT_EQ(read_all(fs(), at("/directory/file")).value_or("failed"), "x");
}

TEST_P(RenameOver, ReplacesAFileOfAnotherDirectory) {
  served_.folder.write("one/file", "from one");
  served_.folder.write("two/file", "from another");
  const auto renamed = rename("/one/file", "/two/file");
  ASSERT_TRUE(renamed) << renamed.error().describe();
  EXPECT_EQ(read_all(fs(), at("/two/file")).value_or("failed"), "from one");
}

TEST_P(RenameOver, GivesTheTargetItsNameBackWhenItIsStoppedInBetween) {
  EXPECT_EQ(stopped_at_rnto(1).code, Errc::cancelled);
  EXPECT_EQ(content("a"), "from a");
  EXPECT_EQ(content("b"), "from b");
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

TEST_P(RenameOver, LeavesTheNewFileWhereItIsWhenItIsStoppedBehindThat) {
  EXPECT_EQ(stopped_at_rnto(2).code, Errc::cancelled);
  EXPECT_EQ(content("b"), "from a");
  EXPECT_THAT(names(), ElementsAre("b"));
}

// "550 Rename failed." may be about rights, and then the second rename would fail like the first.
TEST(RenameRefusedVaguely, RemovesNothing) {
  ServedStack served(strict_vsftpd());
  served.folder.write("a", "from a");
  served.folder.write("b", "from b");
  served.server.faults().on_command("RNTO", 0, Fault::reply_with("550 Rename failed."));
  EXPECT_FALSE(served.fs().rename(at("/a"), at("/b"), test_context()));
  EXPECT_EQ(served.server.snapshot().command_count("DELE"), 0U);
}

}  // namespace
}  // namespace ftpsfs::testing
