#include "kernel_mount.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace ftpsfs::fuse {
namespace {

using Operation = testing::MemoryRemoteFs::Operation;
using ::testing::UnorderedElementsAre;

class KernelMountTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = reason_against_kernel_mounts();
    if (reason.empty()) {
      mount_ = std::make_unique<KernelMount>();
      return;
    }
    const char* const required = std::getenv("FTPSFS_REQUIRE_ALL");
    if (required != nullptr && std::string_view(required) == "1") FAIL() << "no kernel mounts: " << reason;
    GTEST_SKIP() << "KERNEL MOUNTS ARE NOT TESTED: " << reason;
  }

  testing::MemoryRemoteFs& remote() { return mount_->remote(); }
  std::filesystem::path path(std::string_view name) const { return mount_->path(name); }

  std::string read(std::string_view name) const {
    std::ifstream file(path(name), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  // The errno of a failed call, 0 of a good one.
  static int error_of(int result) { return result < 0 ? errno : 0; }

  std::unique_ptr<KernelMount> mount_;
};

TEST_F(KernelMountTest, ListsAndReads) {
  remote().put_file("/a", "alpha");
  remote().put_directory("/d");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path("")))
    names.insert(entry.path().filename());
  EXPECT_THAT(names, UnorderedElementsAre("a", "d"));
  EXPECT_EQ(read("a"), "alpha");
  EXPECT_TRUE(std::filesystem::is_directory(path("d")));
  EXPECT_FALSE(std::filesystem::exists(path("absent")));
}

TEST_F(KernelMountTest, ListsDirectoriesThatNeedManyReplies) {
  for (int i = 0; i < 3000; ++i) remote().put_file("/d/a-rather-long-name-" + std::to_string(i), "");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path("d"))) {
    EXPECT_TRUE(names.insert(entry.path().filename()).second);
  }
  EXPECT_EQ(names.size(), 3000U);
}

TEST_F(KernelMountTest, ReadsAMegabyteAsItIs) {
  std::string content;
  for (int i = 0; content.size() < (1U << 20); ++i) content += std::to_string(i);
  remote().put_file("/big", content);
  EXPECT_TRUE(read("big") == content);
}

TEST_F(KernelMountTest, SavesWhatIsWrittenByTheTimeOfClose) {
  const int fd = ::open(path("new").c_str(), O_CREAT | O_EXCL | O_WRONLY, 0640);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(::write(fd, "hello", 5), 5);
  EXPECT_EQ(::close(fd), 0);
  EXPECT_EQ(remote().content("/new"), "hello");
}

TEST_F(KernelMountTest, SavesByTheTimeOfCloseWhatOpeningForReadingHasChanged) {
  remote().put_file("/f", "content");
  for (const auto& [name, flags] : {std::pair("new", O_CREAT), std::pair("f", O_TRUNC)}) {
    const int fd = ::open(path(name).c_str(), O_RDONLY | flags, 0640);
    ASSERT_GE(fd, 0);
    EXPECT_EQ(::close(fd), 0);
    EXPECT_EQ(remote().content(std::string("/") + name), "");
  }
}

TEST_F(KernelMountTest, SavesMappedPagesInTheirPlaceThroughAnAppendingHandleToo) {
  remote().put_file("/f", "0123456789");
  const int fd = ::open(path("f").c_str(), O_RDWR | O_APPEND);
  ASSERT_GE(fd, 0);
  void* const mapped = ::mmap(nullptr, 10, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  static_cast<char*>(mapped)[3] = '-';
  EXPECT_EQ(::msync(mapped, 10, MS_SYNC), 0);
  EXPECT_EQ(remote().content("/f"), "012-456789");
  EXPECT_EQ(::munmap(mapped, 10), 0);
  EXPECT_EQ(::close(fd), 0);
}

TEST_F(KernelMountTest, CloseTellsThatTheUploadFailed) {
  const int fd = ::open(path("new").c_str(), O_CREAT | O_WRONLY, 0644);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(::write(fd, "hello", 5), 5);
  remote().fail_next(Operation::store, base::Errc::quota_exceeded);
  EXPECT_EQ(error_of(::close(fd)), EDQUOT);
}

TEST_F(KernelMountTest, TruncatesAndAppends) {
  remote().put_file("/f", "old content");
  ASSERT_EQ(::truncate(path("f").c_str(), 3), 0);
  std::ofstream(path("f"), std::ios::app) << "+more";
  EXPECT_EQ(remote().content("/f"), "old+more");
  std::ofstream(path("f"), std::ios::trunc) << "new";
  EXPECT_EQ(remote().content("/f"), "new");
}

TEST_F(KernelMountTest, RenamesAsRenameat2Asks) {
  remote().put_file("/a", "alpha");
  remote().put_file("/b", "beta");
  const auto rename = [&](const char* from, const char* to, unsigned flags) {
    return error_of(::renameat2(AT_FDCWD, path(from).c_str(), AT_FDCWD, path(to).c_str(), flags));
  };
  EXPECT_EQ(rename("a", "b", RENAME_NOREPLACE), EEXIST);
  EXPECT_EQ(rename("a", "b", RENAME_EXCHANGE), EINVAL);
  EXPECT_EQ(rename("a", "b", 0), 0);
  EXPECT_EQ(remote().content("/b"), "alpha");
  EXPECT_EQ(remote().content("/a"), std::nullopt);
  EXPECT_EQ(rename("b", "c", RENAME_NOREPLACE), 0);
}

TEST_F(KernelMountTest, MakesAndRemoves) {
  EXPECT_EQ(::mkdir(path("d").c_str(), 0755), 0);
  EXPECT_EQ(error_of(::mkdir(path("d").c_str(), 0755)), EEXIST);
  EXPECT_EQ(::mknod(path("d/f").c_str(), S_IFREG | 0644, 0), 0);
  EXPECT_EQ(remote().content("/d/f"), "");
  EXPECT_EQ(error_of(::rmdir(path("d").c_str())), ENOTEMPTY);
  EXPECT_EQ(::unlink(path("d/f").c_str()), 0);
  EXPECT_EQ(::rmdir(path("d").c_str()), 0);
  EXPECT_FALSE(remote().attributes("/d"));
}

TEST_F(KernelMountTest, RefusesWhatFtpHasNot) {
  remote().put_file("/f", "");
  EXPECT_EQ(error_of(::link(path("f").c_str(), path("l").c_str())), EPERM);
  EXPECT_EQ(error_of(::mkfifo(path("p").c_str(), 0644)), EPERM);
}

TEST_F(KernelMountTest, HasNeitherExtendedAttributesNorCommandsForFiles) {
  remote().put_file("/f", "content");
  EXPECT_EQ(error_of(::setxattr(path("f").c_str(), "user.a", "b", 1, 0)), EOPNOTSUPP);
  EXPECT_EQ(error_of(static_cast<int>(::getxattr(path("f").c_str(), "user.a", nullptr, 0))), EOPNOTSUPP);
  const int fd = ::open(path("f").c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  long flags = 0;
  EXPECT_EQ(error_of(::ioctl(fd, FS_IOC_GETFLAGS, &flags)), ENOTTY);
  EXPECT_EQ(error_of(::fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096)), EOPNOTSUPP);
  EXPECT_EQ(error_of(::fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 0, 4)), EOPNOTSUPP);
  EXPECT_EQ(::close(fd), 0);
  EXPECT_EQ(remote().content("/f"), "content");
}

TEST_F(KernelMountTest, AllocatesAndPunches) {
  remote().put_file("/f", "content");
  const int fd = ::open(path("f").c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 100), 0);
  EXPECT_EQ(::lseek(fd, 0, SEEK_END), 7);
  EXPECT_EQ(::fallocate(fd, 0, 4, 6), 0);
  EXPECT_EQ(::lseek(fd, 0, SEEK_END), 10);
  EXPECT_EQ(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1, 2), 0);
  EXPECT_EQ(::fallocate(fd, FALLOC_FL_ZERO_RANGE, 9, 3), 0);
  EXPECT_EQ(::lseek(fd, 0, SEEK_END), 12);
  char bytes[16] = {};
  EXPECT_EQ(::pread(fd, bytes, sizeof bytes, 0), 12);
  const std::string expected("c\0\0tent\0\0\0\0\0", 12);
  EXPECT_EQ(std::string(bytes, 12), expected);
  EXPECT_EQ(::close(fd), 0);
  EXPECT_EQ(remote().content("/f"), expected);
}

TEST_F(KernelMountTest, MakesAndRemovesLinks) {
  remote().put_file("/f", "content");
  ASSERT_EQ(::symlink("f", path("s").c_str()), 0);
  EXPECT_EQ(std::filesystem::read_symlink(path("s")), "f");
  EXPECT_EQ(remote().attributes("/s")->link_target, "f");
  EXPECT_EQ(error_of(::symlink("f", path("s").c_str())), EEXIST);
  EXPECT_EQ(::unlink(path("s").c_str()), 0);
  EXPECT_EQ(remote().attributes("/s"), std::nullopt);
  EXPECT_EQ(remote().content("/f"), "content");
  remote().fail_next(Operation::make_symlink, base::Errc::not_supported);
  EXPECT_EQ(error_of(::symlink("f", path("s").c_str())), EPERM);
}

TEST_F(KernelMountTest, ReadsLinks) {
  remote().put_symlink("/s", "target");
  EXPECT_EQ(std::filesystem::read_symlink(path("s")), "target");
}

TEST_F(KernelMountTest, SetsTimesAndModes) {
  remote().put_file("/f", "x");
  const timespec times[2] = {{0, UTIME_OMIT}, {1'000'000'000, 0}};
  EXPECT_EQ(::utimensat(AT_FDCWD, path("f").c_str(), times, 0), 0);
  EXPECT_EQ(::chmod(path("f").c_str(), 0600), 0);
  struct stat status{};
  ASSERT_EQ(::stat(path("f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'000'000'000);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(KernelMountTest, TellsItsSpace) {
  struct statvfs space{};
  ASSERT_EQ(::statvfs(path("").c_str(), &space), 0);
  EXPECT_GT(space.f_blocks, 0U);
  EXPECT_GT(space.f_bavail, 0U);
  EXPECT_GT(space.f_favail, 0U);
}

TEST_F(KernelMountTest, IsShownWithItsSource) {
  std::ifstream mounts("/proc/self/mounts");
  std::ostringstream text;
  text << mounts.rdbuf();
  EXPECT_THAT(text.str(), ::testing::HasSubstr("memory,with\\040comma " + path("").parent_path().string()));
  EXPECT_THAT(text.str(), ::testing::HasSubstr("fuse.ftpsfs"));
}

TEST_F(KernelMountTest, SignalsEndAProgramThatReadsFromAStalledServer) {
  remote().put_file("/f", "content");
  remote().block(Operation::open_read);
  for (const int number : {SIGINT, SIGTERM, SIGKILL}) {
    Program cat({"cat", path("f")});
    remote().wait_until_blocked(Operation::open_read, 1);
    cat.signal(number);
    const int status = cat.wait();
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number) << number;
    remote().wait_until_blocked(Operation::open_read, 0);
  }
}

TEST_F(KernelMountTest, OthersWorkWhileOneIsStalled) {
  remote().put_file("/f", "content");
  remote().put_file("/g", "x");
  EXPECT_TRUE(std::filesystem::exists(path("g")));
  remote().block(Operation::open_read);
  const Program cat({"cat", path("f")});
  remote().wait_until_blocked(Operation::open_read, 1);
  EXPECT_EQ(std::filesystem::file_size(path("g")), 1U);
}

TEST_F(KernelMountTest, EndsOnASignalAlthoughAReadIsStalled) {
  remote().put_file("/f", "content");
  remote().block(Operation::open_read);
  Program cat({"cat", path("f")});
  remote().wait_until_blocked(Operation::open_read, 1);
  ASSERT_EQ(::raise(SIGTERM), 0);
  EXPECT_TRUE(mount_->end());
  const int status = cat.wait();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

TEST_F(KernelMountTest, EndsOnStopWhileIdle) {
  mount_->session().stop();
  EXPECT_TRUE(mount_->end());
}

TEST_F(KernelMountTest, EndsWhenItIsUnmounted) {
  ASSERT_EQ(::umount2(path("").parent_path().c_str(), 0), 0);
  EXPECT_TRUE(mount_->end());
}

TEST_F(KernelMountTest, EndsOnForcedUnmountAlthoughAReadIsStalled) {
  remote().put_file("/f", "content");
  remote().block(Operation::open_read);
  Program cat({"cat", path("f")});
  remote().wait_until_blocked(Operation::open_read, 1);
  ASSERT_EQ(::umount2(path("").parent_path().c_str(), MNT_FORCE | MNT_DETACH), 0);
  EXPECT_TRUE(mount_->end());
}

TEST_F(KernelMountTest, LetsAnUploadFinishOnTheFirstSignal) {
  remote().block(Operation::store);
  Program writer({"cp", "/etc/passwd", path("f")});
  remote().wait_until_blocked(Operation::store, 1);
  ASSERT_EQ(::raise(SIGTERM), 0);
  EXPECT_FALSE(mount_->has_ended());
  remote().release(Operation::store);
  EXPECT_TRUE(mount_->end());
  EXPECT_EQ(writer.wait(), 0);
  EXPECT_EQ(remote().content("/f")->size(), std::filesystem::file_size("/etc/passwd"));
}

TEST_F(KernelMountTest, GivesAnUploadUpOnTheSecondSignal) {
  remote().block(Operation::store);
  Program writer({"cp", "/etc/passwd", path("f")});
  remote().wait_until_blocked(Operation::store, 1);
  mount_->session().stop();
  mount_->session().stop();
  EXPECT_TRUE(mount_->end());
  EXPECT_NE(writer.wait(), 0);
  remote().release(Operation::store);
}

TEST_F(KernelMountTest, RefusesASecondMountInOneProcess) {
  const auto second =
      MountSession::mount(mount_->vfs(), {.mount_point = "/tmp", .source = "x", .kernel_options = {}});
  ASSERT_FALSE(second);
}

}  // namespace
}  // namespace ftpsfs::fuse
