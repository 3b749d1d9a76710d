// What programs see of times, modes and owners that the server cannot set.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "mount/local_server.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::mount_test {
namespace {

// FileZilla Server sets times and no modes; with the quirk it sets neither.
class AttributePolicies : public ::testing::Test {
 protected:
  void SetUp() override { FTPSFS_NEEDS(why_no_fuse()); }

  // A folder whose files have odd modes and old times.
  std::filesystem::path plant() const {
    write_file(scratch_.path() / "tree" / "program", "#!/bin/sh\n", std::filesystem::perms(0751));
    write_file(scratch_.path() / "tree" / "secret", "hush", std::filesystem::perms(0600));
    EXPECT_TRUE(run({"touch", "-d", "2001-02-03 04:05:06 UTC", scratch_.path() / "tree" / "program",
                     scratch_.path() / "tree" / "secret"})
                    .ok());
    return scratch_.path() / "tree";
  }

  static std::size_t count(const std::string& text, const std::string& words) {
    std::size_t found = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++found;
    return found;
  }

  TempFolder scratch_;
  LocalServer server_{"filezilla"};
};

constexpr const char* kNoTimes = "quirks=no_mfmt:no_mff:no_mdtm_set:no_site_utime";

TEST_F(AttributePolicies, LetProgramsGoOnAndWarnOnce) {
  std::filesystem::create_directory(scratch_.path() / "tree");
  const auto tree = plant();
  MountedFs mount(server_.endpoint(), {kNoTimes});
  const auto result = run_script(R"sh(
    cp -pr "$1" "$2/copied"
    rsync -a "$1/" "$2/synced"
    mkdir "$2/unpacked"; tar c -C "$1" . | tar x -p -C "$2/unpacked"
    chmod 711 "$2/copied/secret"
    git init -q "$2/repo"
    git -C "$2/repo" config core.fileMode
    diff -r "$1" "$2/copied"; diff -r "$1" "$2/synced"; diff -r "$1" "$2/unpacked"
  )sh",
                                 {tree, mount.path()});
  EXPECT_TRUE(result.ok()) << result << mount.log();
  EXPECT_EQ(result.output, "false\n") << "git finds out that modes mean nothing here";
  EXPECT_EQ(count(mount.log(), "times are not kept"), 1U) << mount.log();
  EXPECT_EQ(count(mount.log(), "permissions are not kept"), 1U) << mount.log();
}

TEST_F(AttributePolicies, AreSilentWhenToldToIgnore) {
  std::filesystem::create_directory(scratch_.path() / "tree");
  const auto tree = plant();
  MountedFs mount(server_.endpoint(), {"mtime=ignore", "chmod=ignore"});
  const auto result = run({"cp", "-pr", tree, mount / "copied"});
  EXPECT_TRUE(result.ok()) << result << mount.log();
  EXPECT_EQ(mount.log().find("not kept"), std::string::npos) << mount.log();
  const auto seen = server_->snapshot();
  EXPECT_EQ(seen.command_count("MFMT"), 0U);
  EXPECT_EQ(seen.command_count("SITE CHMOD"), 0U);
}

TEST_F(AttributePolicies, TellProgramsTheTruthWhenAskedTo) {
  write_file(server_.root() / "file", "x");
  MountedFs mount(server_.endpoint(), {kNoTimes, "mtime=fail", "chmod=fail"});
  const std::string file = mount / "file";
  EXPECT_EQ(::utimensat(AT_FDCWD, file.c_str(), nullptr, 0), -1);
  EXPECT_EQ(errno, EOPNOTSUPP);
  EXPECT_EQ(::chmod(file.c_str(), 0711), -1);
  EXPECT_EQ(errno, EPERM);
}

TEST_F(AttributePolicies, OwnerMayStayWhoItIs) {
  write_file(server_.root() / "file", "x");
  MountedFs mount(server_.endpoint());
  const std::string file = mount / "file";
  EXPECT_EQ(::chown(file.c_str(), ::getuid(), ::getgid()), 0) << errno;
  EXPECT_EQ(::chown(file.c_str(), ::getuid(), static_cast<gid_t>(-1)), 0) << errno;
  EXPECT_EQ(::chown(file.c_str(), ::getuid() + 1, static_cast<gid_t>(-1)), -1);
  EXPECT_EQ(errno, EPERM);
}

}  // namespace
}  // namespace ftpsfs::mount_test
