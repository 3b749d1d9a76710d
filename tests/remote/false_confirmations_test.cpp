#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ftp::Answers;

Errc code_of(const base::Status& status) { return status ? Errc::internal : status.error().code; }

std::uint64_t count(ServedStack& served, const std::string& verb) {
  return served.server.snapshot().command_count(verb);
}

TEST(FalseConfirmation, OfDeleIsSeenThrough) {
  ServedStack served(strict_filezilla());
  served.folder.write("file", "x");
  EXPECT_EQ(code_of(served.fs().remove_file(at("/missing"), test_context())), Errc::not_found);
  EXPECT_EQ(served.stack.knowledge.refuses_missing, Answers::no);
  EXPECT_EQ(count(served, "DELE"), 2U) << "one more, for a name that nobody has";
  EXPECT_EQ(code_of(served.fs().remove_file(at("/missing"), test_context())), Errc::not_found);
  EXPECT_EQ(count(served, "DELE"), 3U) << "once is enough";
  EXPECT_TRUE(served.fs().remove_file(at("/file"), test_context()));
  EXPECT_FALSE(std::filesystem::exists(served.folder.path() / "file"));
}

TEST(FalseConfirmation, IsNotSuspectedOfServersThatRefuse) {
  ServedStack served(permissive());
  for (const auto* name : {"a", "b"}) served.folder.write(name, "x");
  EXPECT_EQ(code_of(served.fs().remove_file(at("/missing"), test_context())), Errc::not_found);
  EXPECT_EQ(served.stack.knowledge.refuses_missing, Answers::yes);
  const auto asked = count(served, "MLST");
  EXPECT_TRUE(served.fs().remove_file(at("/a"), test_context()));
  EXPECT_EQ(count(served, "MLST"), asked);
}

// MLST of FileZilla Server follows links, so a dangling one is missing to it.
TEST(FalseConfirmation, IsNoExcuseForATrueOne) {
  auto personality = permissive();
  personality.mlst_links = LinkFact::follow;
  ServedStack served(personality);
  served.server.faults().on_command("MLST", 0, Fault::reply_with("550 No such file"));
  served.folder.write("file", "x");
  EXPECT_TRUE(served.fs().remove_file(at("/file"), test_context()));
  EXPECT_EQ(served.stack.knowledge.refuses_missing, Answers::yes);
}

TEST(FalseConfirmation, OfMkdIsSeenThrough) {
  ServedStack served(strict_filezilla());
  ASSERT_TRUE(served.fs().make_directory(at("/new"), test_context()));
  EXPECT_EQ(code_of(served.fs().make_directory(at("/new"), test_context())), Errc::exists);
  EXPECT_EQ(served.stack.knowledge.refuses_existing, Answers::no);
}

TEST(FalseConfirmation, OfMkdIsSeenThroughWithoutMlst) {
  ServedStack served(ftpsrv());
  ASSERT_TRUE(served.fs().make_directory(at("/new"), test_context()));
  EXPECT_EQ(code_of(served.fs().make_directory(at("/new"), test_context())), Errc::exists);
  EXPECT_EQ(code_of(served.fs().make_directory(at("/no/such"), test_context())), Errc::not_found);
  EXPECT_FALSE(std::filesystem::exists(served.folder.path() / "no")) << "made by the server on the way";
}

TEST(FalseConfirmation, CostsServersWithoutMlstOneQuestion) {
  ServedStack served(strict_vsftpd());
  ASSERT_TRUE(served.fs().make_directory(at("/a"), test_context()));
  EXPECT_EQ(served.stack.knowledge.dates_directories, Answers::no);
  const auto asked = count(served, "MDTM");
  ASSERT_TRUE(served.fs().make_directory(at("/b"), test_context()));
  EXPECT_EQ(count(served, "MDTM"), asked);
}

TEST(FalseConfirmation, DoesNotConfuseARepetition) {
  ServedStack served(strict_filezilla());
  served.folder.write("file", "x");
  served.server.faults().on_command("DELE", 1, Fault::cut(CutPoint::before_final_reply));
  EXPECT_TRUE(served.fs().remove_file(at("/file"), test_context()));
  served.server.faults().on_command("MKD", 1, Fault::cut(CutPoint::before_final_reply));
  EXPECT_TRUE(served.fs().make_directory(at("/new"), test_context()));
}

}  // namespace
}  // namespace ftpsfs::testing
