// Locks between processes on one mount, and what syncfs(2) does.

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <array>
#include <functional>

#include "mount/descriptor.h"
#include "mount/local_server.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::mount_test {
namespace {

// A child process that does something, says so, and goes on when it is told to.
class Partner {
 public:
  explicit Partner(const std::function<bool()>& begin) {
    if (::pipe(ready_.data()) != 0 || ::pipe(go_on_.data()) != 0) throw std::runtime_error("no pipes");
    pid_ = ::fork();
    if (pid_ != 0) return;
    const char result = begin() ? 'y' : 'n';
    char any = 0;
    static_cast<void>(::write(ready_[1], &result, 1) == 1 && ::read(go_on_[0], &any, 1) == 1);
    ::_exit(0);
  }
  ~Partner() {
    end();
    for (const int fd : {ready_[0], ready_[1], go_on_[0], go_on_[1]}) ::close(fd);
  }
  Partner(const Partner&) = delete;
  Partner& operator=(const Partner&) = delete;

  pid_t pid() const { return pid_; }
  bool has_begun() const {
    char result = 0;
    return ::read(ready_[0], &result, 1) == 1 && result == 'y';
  }
  void end() {
    if (pid_ <= 0) return;
    static_cast<void>(::write(go_on_[1], "x", 1) == 1);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }

 private:
  std::array<int, 2> ready_{};
  std::array<int, 2> go_on_{};
  pid_t pid_ = -1;
};

struct flock range(short type, off_t start, off_t length) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  return lock;
}

class Locks : public ::testing::Test {
 protected:
  void SetUp() override {
    FTPSFS_NEEDS(why_no_fuse());
    server_ = std::make_unique<LocalServer>();
    write_file(server_->root() / "file", "0123456789");
    mount_ = std::make_unique<MountedFs>(server_->endpoint());
  }

  std::filesystem::path file() const { return *mount_ / "file"; }

  std::unique_ptr<LocalServer> server_;
  std::unique_ptr<MountedFs> mount_;
};

TEST_F(Locks, OfByteRangesHoldBetweenProcesses) {
  const std::string path = file();
  Partner partner([&] {
    const int fd = ::open(path.c_str(), O_RDWR);
    auto lock = range(F_WRLCK, 2, 3);
    return ::fcntl(fd, F_SETLK, &lock) == 0;
  });
  ASSERT_TRUE(partner.has_begun());
  const pid_t owner = partner.pid();

  Descriptor here(file(), O_RDWR);
  auto lock = range(F_WRLCK, 4, 1);
  EXPECT_EQ(::fcntl(here.get(), F_SETLK, &lock), -1);
  EXPECT_TRUE(errno == EAGAIN || errno == EACCES) << errno;
  EXPECT_EQ(::fcntl(here.get(), F_GETLK, &lock), 0);
  EXPECT_EQ(lock.l_type, F_WRLCK);
  EXPECT_EQ(lock.l_pid, owner);
  EXPECT_EQ(lock.l_start, 2);
  auto beside = range(F_WRLCK, 5, 5);
  EXPECT_EQ(::fcntl(here.get(), F_SETLK, &beside), 0) << "another range is free";
  partner.end();
  lock = range(F_WRLCK, 4, 1);
  EXPECT_EQ(::fcntl(here.get(), F_SETLK, &lock), 0) << "the end of its owner ends a lock";
}

TEST_F(Locks, OfWholeFilesHoldBetweenProcesses) {
  const std::string path = file();
  Partner partner([&] { return ::flock(::open(path.c_str(), O_RDONLY), LOCK_EX | LOCK_NB) == 0; });
  ASSERT_TRUE(partner.has_begun());
  Descriptor here(file(), O_RDONLY);
  EXPECT_EQ(::flock(here.get(), LOCK_SH | LOCK_NB), -1);
  EXPECT_EQ(errno, EWOULDBLOCK);
  partner.end();
  EXPECT_EQ(::flock(here.get(), LOCK_SH | LOCK_NB), 0);
}

TEST_F(Locks, LetProcessesCountTogether) {
  const auto result = run_script(R"sh(
    echo 0 >"$1/count"
    for worker in 1 2 3; do
      for i in $(seq 10); do
        flock "$1/lock" sh -c 'echo $(($(cat "$1") + 1)) >"$1"' sh "$1/count"
      done &
    done
    wait
    cat "$1/count"
  )sh",
                                 {mount_->path()});
  EXPECT_TRUE(result.ok()) << result << mount_->log();
  EXPECT_EQ(result.output, "30\n");
}

class SyncFs : public Locks {};

// The kernel does not pass syncfs(2) on to a FUSE program that is no virtiofs. What it does do: it writes dirty pages of
// mappings back first.
TEST_F(SyncFs, FindsTheDataOfClosedFilesOnTheServer) {
  Descriptor file(*mount_ / "new", O_WRONLY | O_CREAT);
  file.write("closed");
  file.close();
  Descriptor folder(mount_->path(), O_RDONLY | O_DIRECTORY);
  EXPECT_EQ(::syncfs(folder.get()), 0) << errno;
  EXPECT_EQ(read_file(server_->root() / "new"), "closed");
}

TEST_F(SyncFs, LeavesOpenFilesToFsync) {
  Descriptor file(*mount_ / "new", O_WRONLY | O_CREAT);
  file.write("open");
  EXPECT_EQ(::syncfs(file.get()), 0) << errno;
  EXPECT_FALSE(std::filesystem::exists(server_->root() / "new"))
      << "then docs/semantics.md promises too little";
  file.sync();
  EXPECT_EQ(read_file(server_->root() / "new"), "open");
}

}  // namespace
}  // namespace ftpsfs::mount_test
