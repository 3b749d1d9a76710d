// What single kinds of server need beyond the conformance suite.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using model::FileType;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST(ListOnlyServer, ConfirmsAnUploadByTheListing) {
  ServedStack served(listonly());
  const std::string content(4711, 'x');
  const auto stored = served.fs().store(at("/file"), content_of(content), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(stored->size, 4711U);
  EXPECT_TRUE(served.stack.knowledge.lacks_size);
  ASSERT_TRUE(served.fs().store(at("/file"), content_of(content), test_context()));
  EXPECT_EQ(served.server.snapshot().command_count("SIZE"), 1U) << "asked for once only";
}

TEST(ListOnlyServer, CannotPassOffAnUploadThatItHasNotTaken) {
  ServedStack served(listonly());
  served.folder.write("file", "longer than nothing");
  served.server.faults().on_command("STOR", 0, Fault::reply_with("226 Transfer complete."));
  for (const std::string content : {"", "new"}) {
    SCOPED_TRACE(content);
    const auto stored = served.fs().store(at("/file"), content_of(content), test_context());
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, Errc::protocol_error) << stored.error().describe();
  }
}

TEST(EmptyFile, OfFtpsrvHasItsSizeFromTheListing) {
  ServedStack served(ftpsrv());
  const std::string nothing;
  const auto stored = served.fs().store(at("/empty"), content_of(nothing), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(stored->size, 0U);
}

TEST(DirectoryOfIis, IsNotTakenForAFileBecauseItHasAnAnswerToSize) {
  ServedStack served(iis());
  served.folder.write("directory/file", "x");
  EXPECT_EQ(served.fs().refresh_file(at("/directory"), test_context()).error().code, Errc::not_found);
  EXPECT_EQ(served.fs().stat(at("/directory"), test_context())->type, FileType::directory);
}

TEST(NamesOfIis, AreUtf8) {
  ServedStack served(iis());
  for (const std::string name : {"grüße", "日本語"}) {
    SCOPED_TRACE(name);
    const auto path = at("/").child(name).value();
    ASSERT_TRUE(served.fs().store(path, content_of(name), test_context()));
    EXPECT_TRUE(std::filesystem::exists(served.folder.path() / name));
    EXPECT_EQ(read_all(served.fs(), path).value_or("failed"), name);
  }
}

TEST(IisThatUsesAFile, SaysBusy) {
  ServedStack served(iis());
  served.folder.write("file", "x");
  served.server.faults().on_command(
      "DELE", 0,
      Fault::reply_with(
          "550 The process cannot access the file because it is being used by another process. "));
  EXPECT_EQ(served.fs().remove_file(at("/file"), test_context()).error().code, Errc::busy);
}

// The 150 comes behind the handshake there: a client that waits for it first waits for ever.
TEST(IdeaServer, IsServedByBeginningTheHandshakeAtOnce) {
  ServedStack served(idea());
  const std::string content(1000, 'x');
  const auto stored = served.fs().store(at("/file"), content_of(content), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(read_all(served.fs(), at("/file")).value_or("failed"), content);
  EXPECT_EQ(served.server.snapshot().client_hello_before_command, 0U);
}

TEST(AwsServer, IsReachedAtTheAddressOfTheControlConnectionAndNeverAskedForAscii) {
  ServedStack served(aws());
  served.folder.write("file", "x");
  EXPECT_EQ(read_all(served.fs(), at("/file")).value_or("failed"), "x");
  const auto seen = served.server.snapshot();
  EXPECT_EQ(seen.resumption_refused, 0U);
  EXPECT_GE(seen.command_count("PASV"), 1U);
  EXPECT_THAT(seen.lines(1), Contains("TYPE I"));
  EXPECT_THAT(seen.lines(1), ::testing::Not(Contains("TYPE A")));
}

TEST(S3BehindAws, RenamesNoDirectoriesAndSaysSo) {
  auto personality = aws();
  personality.rename_of_directories = false;
  ServedStack served(personality);
  served.folder.write("directory/file", "x");
  const auto renamed = served.fs().rename(at("/directory"), at("/new"), test_context());
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().code, Errc::permission_denied) << renamed.error().describe();
}

TEST(BusyFilezilla, IsAskedAgainForAPort) {
  auto personality = strict_filezilla();
  personality.epsv_fails_every = 2;
  ServedStack served(personality);
  served.folder.write("file", "x");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(read_all(served.fs(), at("/file")).value_or("failed"), "x");
}

}  // namespace
}  // namespace ftpsfs::testing
