// Making symlinks by SITE SYMLINK.

#include <gtest/gtest.h>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using model::FileType;
using remote::Symlinks;

Personality with_symlinks() {
  Personality p = permissive();
  p.features.emplace_back("SITE SYMLINK");
  return p;
}

// proftpd tells targets in LIST only.
Personality proftpd_with_symlinks() {
  Personality p = proftpd();
  p.features.emplace_back("SITE SYMLINK");
  return p;
}

class MakeSymlink : public ::testing::TestWithParam<Personality (*)()> {
 protected:
  MakeSymlink() : served_(GetParam()()) {
    served_.folder.write("file", "content");
    served_.folder.write("sub/inner", "x");
    served_.folder.write("with blank", "x");
  }

  base::Status make(std::string_view link, const std::string& target) {
    return served_.fs().make_symlink(at(link), target, test_context());
  }
  bool on_disk(std::string_view name) const {
    return std::filesystem::is_symlink(served_.folder.path() / name);
  }

  ServedStack served_;
};

INSTANTIATE_TEST_SUITE_P(Servers, MakeSymlink, ::testing::Values(&with_symlinks, &proftpd_with_symlinks),
                         [](const auto& test) { return test.param().name; });

TEST_P(MakeSymlink, ReadsBackAsItWasWritten) {
  for (const auto& [link, target] : {std::pair{"/link", "file"}, std::pair{"/to-directory", "sub"},
                                     std::pair{"/deep", "sub/inner"}, std::pair{"/sub/up", "../file"}}) {
    const auto made = make(link, target);
    ASSERT_TRUE(made) << link << ": " << made.error().describe();
    EXPECT_EQ(served_.fs().read_link(at(link), test_context()).value_or("failed"), target);
    EXPECT_EQ(served_.fs().stat(at(link), test_context())->type, FileType::symlink);
  }
  ASSERT_TRUE(served_.fs().remove_file(at("/link"), test_context()));
  EXPECT_FALSE(on_disk("link"));
  EXPECT_EQ(read_all(served_.fs(), at("/file")).value_or("failed"), "content");
}

TEST_P(MakeSymlink, RefusesWhatWouldReadBackDifferently) {
  for (const char* target :
       {"/file", "./file", "sub/../file", "sub//inner", "sub/", "../outside", "", "with blank", "missing"}) {
    SCOPED_TRACE(target);
    const auto made = make("/link", target);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::not_permitted) << made.error().describe();
    EXPECT_FALSE(on_disk("link"));
  }
  EXPECT_EQ(make("/link with blank", "file").error().code, Errc::not_permitted);
}

TEST_P(MakeSymlink, TellsWhatIsInTheWay) {
  EXPECT_EQ(make("/sub", "file").error().code, Errc::exists);
  EXPECT_EQ(make("/missing/link", "../file").error().code, Errc::not_found);
}

TEST_P(MakeSymlink, OutlivesALostReply) {
  served_.server.faults().on_command("SITE SYMLINK", 0, Fault::cut(CutPoint::before_final_reply));
  const auto made = make("/link", "file");
  ASSERT_TRUE(made) << made.error().describe();
  EXPECT_TRUE(on_disk("link"));
}

TEST(MakeSymlinkElsewhere, LeavesNothingBehindThatReadsBackDifferently) {
  Personality odd = with_symlinks();
  odd.symlink_to = "/sub/inner";
  ServedStack served(odd);
  served.folder.write("file", "x");
  const auto made = served.fs().make_symlink(at("/link"), "file", test_context());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::not_permitted) << made.error().describe();
  EXPECT_FALSE(std::filesystem::is_symlink(served.folder.path() / "link"));
}

TEST(MakeSymlinkElsewhere, IsNotSupportedWithoutTheCommand) {
  for (auto* const server : {&permissive, &strict_vsftpd, &pureftpd, &strict_filezilla, &iis}) {
    ServedStack served(server());
    SCOPED_TRACE(server().name);
    served.folder.write("file", "x");
    for (int i = 0; i < 2; ++i) {
      const auto made = served.fs().make_symlink(at("/link"), "file", test_context());
      ASSERT_FALSE(made);
      EXPECT_EQ(made.error().code, Errc::not_supported) << made.error().describe();
    }
    EXPECT_EQ(served.server.snapshot().command_count("SITE SYMLINK"), 1U) << "asked for once only";
  }
}

TEST(MakeSymlinkElsewhere, TakesAbsoluteTargetsOnlyWithUnsafeSymlinks) {
  ServedStack served(with_symlinks());
  served.folder.write("file", "x");
  remote::FtpRemoteOptions options;
  options.unsafe_symlinks = true;
  remote::FtpRemote unsafe(served.stack.pool, {}, options);
  ASSERT_TRUE(unsafe.make_symlink(at("/link"), "/file", test_context()));
  EXPECT_EQ(unsafe.read_link(at("/link"), test_context()).value_or("failed"), "/file");
  EXPECT_EQ(unsafe.make_symlink(at("/other"), "file", test_context()).error().code, Errc::not_permitted);
}

TEST(MakeSymlinkElsewhere, IsNotPermittedWhereLinksAreNotShown) {
  ServedStack served(with_symlinks());
  served.folder.write("file", "x");
  for (const auto symlinks : {Symlinks::hide, Symlinks::follow}) {
    remote::FtpRemoteOptions options;
    options.symlinks = symlinks;
    remote::FtpRemote fs(served.stack.pool, {}, options);
    EXPECT_EQ(fs.make_symlink(at("/link"), "file", test_context()).error().code, Errc::not_permitted);
  }
}

}  // namespace
}  // namespace ftpsfs::testing
