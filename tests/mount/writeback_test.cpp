// The option writeback=, through the kernel: what is on the server when, and what survives.

#include <gmock/gmock.h>

#include <csignal>

#include "mount/descriptor.h"
#include "mount/local_server.h"
#include "mount/tree.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::mount_test {
namespace {

namespace fs = std::filesystem;
using testing::Fault;
using ::testing::HasSubstr;

constexpr Milliseconds kLimit{60'000};

class Writeback : public ::testing::Test {
 protected:
  void SetUp() override { FTPSFS_NEEDS(why_no_fuse()); }

  std::vector<std::string> options(const std::string& delay, std::vector<std::string> more = {}) const {
    more.push_back("writeback=" + delay);
    more.push_back(journal());
    return more;
  }
  std::string journal() const { return "journal_dir=" + journals().string(); }
  fs::path journals() const { return scratch_.path() / "journals"; }

  // Of the only mount.
  fs::path journal_folder() const {
    for (const auto& folder : fs::directory_iterator(journals())) return folder.path();
    return {};
  }

  static void save(const fs::path& path, const std::string& content) {
    Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
    file.write(content);
    file.close();
  }
  static void crash(MountedFs& mount) {
    mount.process().signal(SIGKILL);
    EXPECT_EQ(mount.process().wait(kLimit), 128 + SIGKILL);
    run({"fusermount3", "-u", "-z", mount.path()});
  }
  fs::path on_server(const std::string& name) const { return server_.root() / name; }

  LocalServer server_;
  TempFolder scratch_;
};

TEST_F(Writeback, CloseDoesNotWaitForTheServerAndFsyncDoes) {
  MountedFs mount(server_.endpoint(), options("3600"));
  save(mount / "file", "content");
  EXPECT_FALSE(fs::exists(on_server("file")));
  EXPECT_EQ(read_file(mount / "file"), "content");
  EXPECT_EQ(run({"ls", mount.path()}).output, "file\n");

  Descriptor(mount / "file", O_RDONLY).sync();
  EXPECT_EQ(read_file(on_server("file")), "content");
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

TEST_F(Writeback, UploadsByItself) {
  MountedFs mount(server_.endpoint(), options("0"));
  for (int i = 0; i < 20; ++i) save(mount / ("file" + std::to_string(i)), std::to_string(i));
  for (int i = 0; i < 20; ++i) {
    const auto file = on_server("file" + std::to_string(i));
    EXPECT_TRUE(eventually(kLimit, [&] { return fs::exists(file) && read_file(file) == std::to_string(i); }))
        << mount.log();
  }
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

TEST_F(Writeback, UploadsByItselfWithFewConnectionsToo) {
  write_file(on_server("long"), random_bytes(20U << 20, 1));
  for (const std::string sessions : {"1", "2"}) {
    MountedFs mount(server_.endpoint(), options("0", {"max_sessions=" + sessions}));
    const Descriptor reader(mount / "long", O_RDONLY);  // has one of them
    EXPECT_EQ(reader.read_at(0, 1).size(), 1U);
    save(mount / sessions, "content");
    EXPECT_TRUE(eventually(kLimit, [&] { return fs::exists(on_server(sessions)); })) << mount.log();
    EXPECT_EQ(mount.log().find("could not be uploaded"), std::string::npos) << mount.log();
  }
}

TEST_F(Writeback, UploadsTheNewestVersionOnly) {
  MountedFs mount(server_.endpoint(), options("3600"));
  for (int i = 0; i < 5; ++i) save(mount / "file", "version " + std::to_string(i));
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_EQ(read_file(on_server("file")), "version 4");
  EXPECT_EQ(server_->counters().snapshot().commands["STOR"], 1U);
}

TEST_F(Writeback, AnUnmountUploadsWhatWaits) {
  MountedFs mount(server_.endpoint(), options("3600"));
  const auto content = random_bytes(3U << 20, 1);
  save(mount / "large", content);
  save(mount / "small", "x");
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_TRUE(read_file(on_server("large")) == content);
  EXPECT_EQ(read_file(on_server("small")), "x");
  EXPECT_THAT(mount.log(), HasSubstr("still to be uploaded: 2 files, 3.1 MB"));
}

TEST_F(Writeback, WhatAnUnmountCannotUploadTheNextMountDoes) {
  {
    MountedFs mount(server_.endpoint(), options("3600", {"unmount_timeout=1"}));
    save(mount / "file", "content");
    server_->stop();
    EXPECT_EQ(mount.unmount(), 0) << mount.log();
    EXPECT_THAT(mount.log(), HasSubstr("left for the next mount of this source: 1 file, 7 bytes"))
        << mount.log();
  }
  server_->start();
  // Also one that does not write back.
  MountedFs mount(server_.endpoint(), {journal()});
  EXPECT_EQ(read_file(mount / "file"), "content");
  EXPECT_TRUE(eventually(kLimit, [&] { return fs::exists(on_server("file")); })) << mount.log();
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_EQ(read_file(on_server("file")), "content");
}

TEST_F(Writeback, ReadsAndChangesWhatWaits) {
  MountedFs mount(server_.endpoint(), options("3600"));
  const auto done = run_script(
      "cd -- \"$1\"; mkdir folder; echo one > folder/file; cat folder/file; echo two >> folder/file;"
      "mv folder/file moved; cat moved; chmod 600 moved; touch -d 2020-01-02T03:04:05Z moved; stat -c '%a %Y "
      "%s' moved;"
      "echo x > gone; rm gone; rmdir folder; ls",
      {mount.path()}, kLimit);
  EXPECT_TRUE(done.ok()) << done << mount.log();
  EXPECT_EQ(done.output, "one\none\ntwo\n600 1577934245 8\nmoved\n");
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_EQ(read_file(on_server("moved")), "one\ntwo\n");
  EXPECT_FALSE(fs::exists(on_server("gone")));
  const auto status = run({"stat", "-c", "%a %Y", on_server("moved")});
  EXPECT_EQ(status.output, "600 1577934245\n");
}

TEST_F(Writeback, SavesOfEditorsArriveAsOneFile) {
  write_file(on_server("text"), "old\n");
  MountedFs mount(server_.endpoint(), options("3600"));
  const auto done = run_script(
      "cd -- \"$1\"; sed -i s/old/new/ text; cp text .text.tmp; echo more >> .text.tmp; mv .text.tmp text; "
      "cat text",
      {mount.path()}, kLimit);
  EXPECT_TRUE(done.ok()) << done << mount.log();
  EXPECT_EQ(done.output, "new\nmore\n");
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_EQ(read_file(on_server("text")), "new\nmore\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(server_.root()), {}), 1);
}

TEST_F(Writeback, KeepsWhatSomebodyElseHasChangedMeanwhile) {
  write_file(on_server("file"), "old");
  {
    MountedFs mount(server_.endpoint(), options("3600"));
    save(mount / "file", "ours");
    crash(mount);
  }
  write_file(on_server("file"), "theirs, which is longer");
  MountedFs mount(server_.endpoint(), options("0"));
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_EQ(read_file(on_server("file")), "theirs, which is longer");
  std::string beside;
  for (const auto& entry : fs::directory_iterator(server_.root())) {
    if (entry.path().filename() != "file") beside = entry.path();
  }
  EXPECT_THAT(beside, HasSubstr("file.ftpsfs-conflict-"));
  EXPECT_EQ(read_file(beside), "ours");
  EXPECT_THAT(mount.log(), HasSubstr("conflict"));
}

TEST_F(Writeback, WhatTheServerRefusesIsFoundAgain) {
  MountedFs mount(server_.endpoint(), options("0"));
  server_->faults().on_command("STOR", 0, Fault::reply_with("550 Permission denied."));
  save(mount / "file", "content");
  const auto index = journal_folder() / "lost+found" / "INDEX.txt";
  const auto kept = journal_folder() / "lost+found" / "file";
  ASSERT_TRUE(eventually(kLimit, [&] { return fs::exists(kept); })) << mount.log();
  EXPECT_EQ(read_file(kept), "content");
  EXPECT_THAT(read_file(index), HasSubstr("/file"));
  EXPECT_THAT(read_file(index), HasSubstr("Permission denied"));
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_THAT(mount.log(), HasSubstr("lost+found"));
}

TEST_F(Writeback, FsyncTellsWhatTheServerRefuses) {
  MountedFs mount(server_.endpoint(), options("3600"));
  Descriptor file(mount / "file", O_WRONLY | O_CREAT);
  file.write("content");
  server_->faults().on_command("STOR", 0, Fault::reply_with("452 Insufficient storage space."));
  EXPECT_EQ(::fsync(file.get()), -1);
  EXPECT_EQ(errno, ENOSPC) << mount.log();
  server_->faults().clear();
  EXPECT_EQ(::fsync(file.get()), 0) << mount.log();
  EXPECT_EQ(read_file(on_server("file")), "content");
  file.close();
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

TEST_F(Writeback, AJournalBelongsToOneMount) {
  MountedFs mount(server_.endpoint(), options("3600"));
  MountPlan second(server_.endpoint());
  for (const auto& option : options("3600", {"timeout=1"})) second.add_option(option);
  second.add_argument("-f");
  TestProcess process(second.command_line());
  EXPECT_EQ(process.wait(kLimit), 32);
  EXPECT_THAT(process.errors(), HasSubstr("journal"));
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

TEST_F(Writeback, WhatFindsNoRoomInTheJournalIsUploadedBeforeItsClose) {
  MountedFs mount(server_.endpoint(), options("3600", {"journal_max=1M"}));
  const auto content = random_bytes(2U << 20, 1);
  save(mount / "large", content);
  EXPECT_TRUE(read_file(on_server("large")) == content);
  save(mount / "small", "x");
  EXPECT_FALSE(fs::exists(on_server("small")));
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

TEST_F(Writeback, IsNotForMountsThatChangeNothing) {
  MountedFs mount(server_.endpoint(), options("0", {"ro"}));
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_FALSE(fs::exists(journals()));
}

}  // namespace
}  // namespace ftpsfs::mount_test
