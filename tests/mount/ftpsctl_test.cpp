// ftpsctl and the mount that it asks.

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "mount/local_server.h"
#include "support/mounting/mounted_fs.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::mount_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class FtpsctlAndMount : public ::testing::Test {
 protected:
  void SetUp() override { FTPSFS_NEEDS(why_no_fuse()); }

  static CommandResult ask(const std::string& command, const fs::path& path) {
    return run({FTPSCTL_BINARY, command, path.string()}, Milliseconds(60'000));
  }

  // A mount is there a moment before its control socket, and answers only when it has that.
  static void wait_until_it_answers(const MountedFs& mount) { EXPECT_TRUE(fs::exists(mount / ".")); }

  LocalServer server_;
};

TEST_F(FtpsctlAndMount, StatusAnswersForTheMountOfAPath) {
  MountedFs first(server_.endpoint());
  MountedFs second(server_.endpoint());
  wait_until_it_answers(first);
  wait_until_it_answers(second);
  const auto status = ask("status", first / "somewhere");
  EXPECT_EQ(status.status, 0) << status;
  EXPECT_THAT(status.output, AllOf(HasSubstr(first.path().string() + ": " + server_.endpoint().source()),
                                   HasSubstr("nothing waits for upload")));
  EXPECT_THAT(ask("status", second.path()).output, HasSubstr(second.path().string() + ": "));
}

TEST_F(FtpsctlAndMount, StatusCountsWhatWasReadFromTheServer) {
  write_file(server_.root() / "file", std::string(100'000, 'x'));
  MountedFs mount(server_.endpoint());
  wait_until_it_answers(mount);
  EXPECT_THAT(ask("status", mount.path()).output,
              HasSubstr("read from the server: 0 bytes, of which 0 bytes for nothing\n"));
  EXPECT_EQ(read_file(mount / "file").size(), 100'000u);
  EXPECT_THAT(ask("status", mount.path()).output,
              HasSubstr("read from the server: 100.0 kB, of which 0 bytes for nothing\n"));
}

TEST_F(FtpsctlAndMount, FlushFindsEverythingOnTheServer) {
  MountedFs mount(server_.endpoint());
  write_file(mount / "file", "content");
  const auto flush = ask("flush", mount.path());
  EXPECT_EQ(flush.status, 0) << flush;
  EXPECT_EQ(read_file(server_.root() / "file"), "content");
}

// The kernel gives the device number of a mount to the next one before the process of the first one has ended.
TEST_F(FtpsctlAndMount, AMountThatEndsDoesNotKeepTheNextOneFromAnswering) {
  MountedFs first(server_.endpoint());
  wait_until_it_answers(first);
  first.process().signal(SIGSTOP);
  ASSERT_EQ(run({"fusermount3", "-u", first.path().string()}).status, 0);
  MountedFs second(server_.endpoint());
  wait_until_it_answers(second);
  EXPECT_THAT(ask("status", second.path()).output, HasSubstr(second.path().string() + ": "));
  first.process().signal(SIGCONT);
  EXPECT_EQ(first.process().wait(Milliseconds(60'000)), 0);
  EXPECT_THAT(ask("status", second.path()).output, HasSubstr(second.path().string() + ": "));
}

TEST_F(FtpsctlAndMount, StatusDoesNotTouchAMountThatDoesNotAnswer) {
  MountedFs mount(server_.endpoint());
  mount.process().signal(SIGKILL);
  ASSERT_TRUE(mount.process().wait(Milliseconds(60'000)));
  const auto status = ask("status", mount.path());
  EXPECT_EQ(status.status, 2) << status;
  EXPECT_THAT(status.errors, HasSubstr("fusermount3 -u " + mount.path().string()));
}

TEST_F(FtpsctlAndMount, SaysThatAMountHasGone) {
  MountedFs mount(server_.endpoint());
  ASSERT_EQ(mount.unmount(), 0) << mount.log();
  const auto status = ask("status", mount.path());
  EXPECT_EQ(status.status, 2) << status;
  EXPECT_THAT(status.errors, HasSubstr("is not in an ftpsfs mount"));
}

}  // namespace
}  // namespace ftpsfs::mount_test
