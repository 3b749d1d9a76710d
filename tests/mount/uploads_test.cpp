// How files get to the server, seen by programs on a mount and on the server's disk.

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "mount/local_server.h"
#include "mount/tree.h"
#include "support/mounting/mounted_fs.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::mount_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::Fault;
using ::testing::HasSubstr;

constexpr Milliseconds kLimit{90'000};

class Uploads : public ::testing::Test {
 protected:
  void SetUp() override { FTPSFS_NEEDS(why_no_fuse()); }

  std::set<std::string> on_server() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(server_.root())) names.insert(entry.path().filename());
    return names;
  }

  LocalServer server_;
  TempFolder scratch_;
};

TEST_F(Uploads, OfALongFileBeginWhileItIsWrittenAndShowNothing) {
  const auto content = random_bytes(20U << 20, 1);
  write_file(scratch_.path() / "source", content);
  const fs::path goes_on = scratch_.path() / "goes_on";
  write_file(goes_on, "");
  write_file(server_.root() / "file", "old");
  MountedFs mount(server_.endpoint());
  // Not by a redirection: shells duplicate the descriptor and close the first one, which saves the emptied file.
  TestProcess writer({"sh", "-c",
                      "{ cat \"$2\"; while [ -e \"$3\" ]; do sleep 0.05; done; } | tee \"$1\" > /dev/null",
                      "sh", mount / "file", scratch_.path() / "source", goes_on});
  ASSERT_TRUE(server_->counters().wait_until(
      [](const auto& seen) { return seen.bytes_received > (12U << 20); }, kLimit))
      << mount.log();
  EXPECT_TRUE(writer.running());
  EXPECT_EQ(read_file(server_.root() / "file"), "old");
  EXPECT_EQ(on_server().size(), 2U);
  const auto listed = run({"ls", "-A", mount.path()}, kLimit);
  EXPECT_EQ(listed.output, "file\n") << listed;

  fs::remove(goes_on);
  EXPECT_EQ(writer.wait(kLimit), 0) << writer.errors() << mount.log();
  EXPECT_TRUE(read_file(server_.root() / "file") == content);
  EXPECT_THAT(on_server(), ElementsAre("file"));
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

TEST_F(Uploads, UnderWayAreGivenUpOnTheSecondSignal) {
  write_file(scratch_.path() / "source", random_bytes(20U << 20, 1));
  write_file(server_.root() / "file", "old");
  auto stall = server_->faults().on_command("STOR", 0, Fault::stall_after(100'000));
  MountedFs mount(server_.endpoint());
  TestProcess writer({"sh", "-c", "{ cat \"$2\"; sleep 1000; } | tee \"$1\" > /dev/null", "sh",
                      mount / "file", scratch_.path() / "source"});
  ASSERT_TRUE(stall.wait_reached(kLimit)) << mount.log();
  EXPECT_TRUE(run({"ls", mount.path()}, kLimit).ok()) << mount.log();
  std::optional<int> status;
  for (int signals = 0; !status && signals < 100; ++signals) {
    mount.process().signal(SIGTERM);
    status = mount.process().wait(Milliseconds(500));
  }
  EXPECT_TRUE(status) << mount.log();
  EXPECT_EQ(read_file(server_.root() / "file"), "old");
  writer.signal(SIGKILL);
  server_->faults().clear();
}

TEST_F(Uploads, ErrorsOfAQuotaReachCloseAndFsyncAndLeaveTheOldContent) {
  write_file(server_.root() / "file", "old");
  MountedFs mount(server_.endpoint());
  server_->faults().on_command("STOR", 0, Fault::reply_with("552 Disk quota exceeded."));
  const auto copied = run_script("export LC_ALL=C; cp /etc/passwd \"$1\"", {mount / "file"}, kLimit);
  EXPECT_NE(copied.status, 0);
  EXPECT_THAT(copied.errors, HasSubstr("Disk quota exceeded")) << mount.log();
  const auto synced =
      run_script("export LC_ALL=C; dd if=/etc/passwd of=\"$1\" conv=fsync", {mount / "new"}, kLimit);
  EXPECT_THAT(synced.errors, HasSubstr("Disk quota exceeded")) << mount.log();
  EXPECT_EQ(read_file(server_.root() / "file"), "old");
  server_->faults().clear();
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

TEST_F(Uploads, KeepPermissionsAndTimes) {
  write_file(server_.root() / "script", "old");
  fs::permissions(server_.root() / "script", static_cast<fs::perms>(0750));
  MountedFs mount(server_.endpoint());
  const auto done = run_script(
      "echo new > \"$1/script\" && stat -c %a \"$1/script\" &&"
      "cp -p /etc/passwd \"$1/copy\"",
      {mount.path()}, kLimit);
  EXPECT_TRUE(done.ok()) << done << mount.log();
  EXPECT_EQ(done.output, "750\n");
  EXPECT_EQ(static_cast<unsigned>(fs::status(server_.root() / "script").permissions()), 0750U);
  EXPECT_EQ(std::chrono::floor<std::chrono::seconds>(fs::last_write_time(server_.root() / "copy")),
            std::chrono::floor<std::chrono::seconds>(fs::last_write_time("/etc/passwd")));
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

}  // namespace
}  // namespace ftpsfs::mount_test
