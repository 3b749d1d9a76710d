#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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

  ServedStack served_;
};

INSTANTIATE_TEST_SUITE_P(Servers, RenameOver, ::testing::Values(&iis, &filezilla09, &proftpd),
                         [](const auto& test) { return test.param().name; });

TEST_P(RenameOver, RemovesTheTargetFirstAndRemembersThat) {
  for (const auto* name : {"a", "b", "c"}) served_.folder.write(name, std::string("from ") + name);
  ASSERT_TRUE(rename("/a", "/b"));
  EXPECT_EQ(read_all(fs(), at("/b")).value_or("failed"), "from a");
  EXPECT_TRUE(served_.stack.knowledge.lacks_rename_over);
  const auto before = count("RNTO");
  ASSERT_TRUE(rename("/c", "/b"));
  EXPECT_EQ(count("RNTO"), before + 1) << "no RNTO that is known to be refused";
  EXPECT_EQ(read_all(fs(), at("/b")).value_or("failed"), "from c");
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

TEST_P(RenameOver, SaysThatTheTargetIsGoneWhenTheServerThenRefuses) {
  served_.folder.write("a", "from a");
  served_.folder.write("b", "from b");
  served_.server.faults().on_command("RNTO", 2, Fault::reply_with("550 Access is denied."));
  const auto renamed = rename("/a", "/b");
  ASSERT_FALSE(renamed);
  EXPECT_THAT(renamed.error().describe(), HasSubstr("/b was removed"));
  EXPECT_THAT(renamed.error().describe(), HasSubstr("still is in /a"));
  EXPECT_EQ(read_all(fs(), at("/a")).value_or("failed"), "from a");
}

TEST_P(RenameOver, GoesOnAfterALostConnectionBetweenRemovalAndRename) {
  served_.folder.write("a", "from a");
  served_.folder.write("b", "from b");
  served_.server.faults().on_command("DELE", 1, Fault::cut(CutPoint::after_final_reply));
  const auto renamed = rename("/a", "/b");
  ASSERT_TRUE(renamed) << renamed.error().describe();
  EXPECT_EQ(read_all(fs(), at("/b")).value_or("failed"), "from a");
  EXPECT_EQ(fs().stat(at("/a"), test_context()).error().code, Errc::not_found);
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

TEST_P(RenameOver, SaysThatTheTargetIsGoneWhenItIsStoppedInBetween) {
  served_.folder.write("a", "from a");
  served_.folder.write("b", "from b");
  served_.stack.knowledge.lacks_rename_over = true;
  Fault held;
  held.hold_reply = true;
  auto handle = served_.server.faults().on_command("RNTO", 1, held);
  std::stop_source stop;
  std::jthread stopper([&] {
    EXPECT_TRUE(handle.wait_reached(std::chrono::seconds(60)));
    stop.request_stop();
  });
  const auto renamed = fs().rename(
      at("/a"), at("/b"), base::OpContext::with_timeout(std::chrono::seconds(100), stop.get_token()));
  served_.server.faults().clear();
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().code, Errc::cancelled);
  EXPECT_THAT(renamed.error().describe(), HasSubstr("/b was removed"));
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
