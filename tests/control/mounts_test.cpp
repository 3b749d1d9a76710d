#include "ftpsfs/control/mounts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "ftpsfs/control/socket_candidates.h"
#include "support/temporary_folder.h"

namespace ftpsfs::control {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string line(const std::string& mount_point, unsigned minor, const std::string& type = "fuse.ftpsfs") {
  return fmt::format("{} 25 0:{} / {} rw,nosuid,nodev - {} ftpes://host/ rw,user_id=1000,group_id=1000\n",
                     100 + minor, minor, mount_point, type);
}

const std::string kRoot = "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n";

std::string found_at(const std::string& mountinfo, const fs::path& path) {
  const auto mount = find_mount(path, parse_mountinfo(kRoot + mountinfo));
  return mount ? fmt::format("{} {}", mount->mount_point.native(), mount->device_minor)
               : mount.error().message;
}

TEST(Mountinfo, IsReadFieldByField) {
  const auto mounts = parse_mountinfo(
      "36 35 98:17 /mnt1 /mnt2 rw,noatime master:1 propagate_from:2 - fuse.ftpsfs ftpes://me@host/ "
      "rw,user_id=1000,group_id=100,allow_other\n");
  ASSERT_EQ(mounts.size(), 1U);
  EXPECT_EQ(mounts[0].mount_point, "/mnt2");
  EXPECT_EQ(mounts[0].type, "fuse.ftpsfs");
  EXPECT_EQ(mounts[0].source, "ftpes://me@host/");
  EXPECT_EQ(mounts[0].device_major, 98U);
  EXPECT_EQ(mounts[0].device_minor, 17U);
  EXPECT_EQ(mounts[0].user, 1000U);
}

TEST(Mountinfo, EscapesAreUndone) {
  const auto mounts = parse_mountinfo(line("/a\\040b\\011c\\012d\\134040\\043", 7));
  ASSERT_EQ(mounts.size(), 1U);
  EXPECT_EQ(mounts[0].mount_point, "/a b\tc\nd\\040#");
}

TEST(Mountinfo, LinesInAnotherFormAreLeftOut) {
  const auto mounts =
      parse_mountinfo("\nnonsense\n1 2 x:y / /a rw - ext4 a b\n1 2 0:3 / /b rw\n" + line("/c", 4));
  ASSERT_EQ(mounts.size(), 1U);
  EXPECT_EQ(mounts[0].mount_point, "/c");
}

TEST(FindMount, TakesTheInnermostThatHoldsThePath) {
  const auto mountinfo = line("/nowhere/a", 1) + line("/nowhere/a/inner", 2) + line("/nowhere/ab", 3);
  EXPECT_EQ(found_at(mountinfo, "/nowhere/a"), "/nowhere/a 1");
  EXPECT_EQ(found_at(mountinfo, "/nowhere/a/x/y"), "/nowhere/a 1");
  EXPECT_EQ(found_at(mountinfo, "/nowhere/a/inner/x"), "/nowhere/a/inner 2");
  EXPECT_EQ(found_at(mountinfo, "/nowhere/ab"), "/nowhere/ab 3");
  EXPECT_EQ(found_at(mountinfo, "/nowhere//a/./x/../"), "/nowhere/a 1");
  EXPECT_EQ(found_at(mountinfo, "/nowhere/a/../ab/x"), "/nowhere/ab 3");
}

TEST(FindMount, TakesTheLastOfThoseAtOnePlace) {
  EXPECT_EQ(found_at(line("/nowhere/a", 1) + line("/nowhere/a", 2), "/nowhere/a"), "/nowhere/a 2");
  EXPECT_THAT(found_at(line("/nowhere/a", 1) + line("/nowhere/a", 2, "tmpfs"), "/nowhere/a"),
              HasSubstr("not in an ftpsfs mount"));
}

TEST(FindMount, SaysWhenThereIsNone) {
  EXPECT_THAT(found_at(line("/nowhere/a", 1), "/nowhere"), HasSubstr("/nowhere is not in an ftpsfs mount"));
  EXPECT_THAT(found_at(line("/nowhere/a", 1, "fuse.sshfs"), "/nowhere/a"),
              HasSubstr("findmnt -t fuse.ftpsfs"));
}

TEST(FindMount, FollowsSymlinksOnTheWayToTheMountOnly) {
  const testing::TemporaryFolder folder;
  const auto top = fs::canonical(folder.path());
  fs::create_directories(top / "mount");
  fs::create_symlink("mount", top / "relative");
  fs::create_symlink(top / "relative", top / "absolute");
  fs::create_symlink("loop", top / "loop");
  fs::create_symlink("/", top / "mount" / "out");
  const auto mountinfo = line((top / "mount").string(), 5);
  const auto expected = (top / "mount").string() + " 5";
  EXPECT_EQ(found_at(mountinfo, top / "absolute"), expected);
  EXPECT_EQ(found_at(mountinfo, top / "relative" / "deep"), expected);
  EXPECT_EQ(found_at(mountinfo, top / "mount" / "out"), expected);
  EXPECT_THAT(found_at(mountinfo, top / "loop" / "x"), HasSubstr("too many symlinks"));
}

TEST(FindMount, CountsRelativePathsFromTheWorkingFolder) {
  const auto here = fs::current_path();
  EXPECT_EQ(found_at(line((here / "mount").string(), 6), "mount/x"), (here / "mount").string() + " 6");
}

TEST(FindMount, ReadsTheKernelsOwnWords) {
  const auto mount = find_mount("/");
  EXPECT_TRUE(mount || mount.error().code == base::Errc::not_found) << mount.error().describe();
}

Mount of_user(std::uint32_t user) {
  Mount mount;
  mount.device_minor = 57;
  mount.user = user;
  return mount;
}

TEST(SocketCandidates, OfRootAreInRun) {
  EXPECT_THAT(socket_candidates(of_user(0), {.user = 0, .runtime_folder = "/run/user/0"}),
              ElementsAre("/run/ftpsfs/0-57.sock"));
}

TEST(SocketCandidates, OfAUserBeginInTheRuntimeFolder) {
  EXPECT_THAT(
      socket_candidates(of_user(1000), {.user = 1000, .runtime_folder = "/x"}),
      ElementsAre("/x/ftpsfs/0-57.sock", "/run/user/1000/ftpsfs/0-57.sock", "/tmp/ftpsfs-1000/0-57.sock"));
  EXPECT_THAT(socket_candidates(of_user(1000), {.user = 1000, .runtime_folder = "relative"}),
              ElementsAre("/run/user/1000/ftpsfs/0-57.sock", "/tmp/ftpsfs-1000/0-57.sock"));
}

TEST(SocketCandidates, AreTheMountsUsersWhenRootAsks) {
  EXPECT_THAT(socket_candidates(of_user(1000), {.user = 0, .runtime_folder = "/run/user/0"}),
              ElementsAre("/run/user/1000/ftpsfs/0-57.sock", "/tmp/ftpsfs-1000/0-57.sock"));
}

}  // namespace
}  // namespace ftpsfs::control
