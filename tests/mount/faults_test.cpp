// What programs see when the server stalls, dies, or loses connections at the worst moment.

#include <gmock/gmock.h>

#include <filesystem>

#include "mount/local_server.h"
#include "mount/tree.h"
#include "support/mounting/mounted_fs.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::mount_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using testing::CutPoint;
using testing::CutStyle;
using testing::Fault;
using ::testing::HasSubstr;

constexpr Milliseconds kLimit{90'000};
constexpr std::uint64_t kCutAfterBytes = 100'000;

class OnOwnServer : public ::testing::Test {
 protected:
  void SetUp() override { FTPSFS_NEEDS(why_no_fuse()); }

  LocalServer server_;
  TempFolder scratch_;
};

class Stalled : public OnOwnServer {};

TEST_F(Stalled, ListingDoesNotWaitForReaders) {
  const auto first = random_bytes(4U << 20, 1);
  const auto second = random_bytes(4U << 20, 2);
  write_file(server_.root() / "first", first);
  write_file(server_.root() / "second", second);
  fs::create_directory(server_.root() / "folder");
  write_file(server_.root() / "folder" / "file", "x");
  auto stall_1 = server_->faults().on_command("RETR", 1, Fault::stall_after(kCutAfterBytes));
  auto stall_2 = server_->faults().on_command("RETR", 2, Fault::stall_after(kCutAfterBytes));
  MountedFs mount(server_.endpoint());
  TestProcess reader_1({"cat", mount / "first"});
  ASSERT_TRUE(stall_1.wait_reached(kLimit)) << mount.log();
  TestProcess reader_2({"cat", mount / "second"});
  ASSERT_TRUE(stall_2.wait_reached(kLimit)) << mount.log();

  const auto listed = run({"ls", "-l", mount.path(), mount / "folder"}, kLimit);
  EXPECT_TRUE(listed.ok()) << listed << mount.log();
  EXPECT_THAT(listed.output, HasSubstr("second"));
  EXPECT_THAT(listed.output, HasSubstr("file"));
  EXPECT_TRUE(reader_1.running());
  EXPECT_TRUE(reader_2.running());

  stall_1.release();
  stall_2.release();
  EXPECT_EQ(reader_1.wait(kLimit), 0) << reader_1.errors() << mount.log();
  EXPECT_EQ(reader_2.wait(kLimit), 0) << reader_2.errors() << mount.log();
  EXPECT_TRUE(reader_1.output() == first);
  EXPECT_TRUE(reader_2.output() == second);
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

TEST_F(Stalled, KnownAttributesAnswerWhileEverySessionHangs) {
  write_file(server_.root() / "known", "x");
  for (int i = 0; i < 8; ++i) {
    write_file(server_.root() / ("big" + std::to_string(i)), random_bytes(1U << 20, 1));
  }
  MountedFs mount(server_.endpoint(), {"cache_ttl=600"});
  ASSERT_TRUE(run({"ls", "-l", mount.path()}).ok());
  auto stall = server_->faults().on_command("RETR", 0, Fault::stall_after(kCutAfterBytes));
  std::vector<std::unique_ptr<TestProcess>> readers;
  for (int i = 0; i < 8; ++i) {
    readers.push_back(
        std::make_unique<TestProcess>(std::vector<std::string>{"cat", mount / ("big" + std::to_string(i))}));
  }
  ASSERT_TRUE(stall.wait_reached(kLimit)) << mount.log();
  const auto known = run({"stat", "-c", "%s", mount / "known"}, kLimit);
  EXPECT_TRUE(known.ok()) << known;
  EXPECT_EQ(known.output, "1\n");
  EXPECT_TRUE(readers.front()->running());
  server_->faults().clear();
  for (auto& reader : readers) EXPECT_EQ(reader->wait(kLimit), 0) << reader->errors() << mount.log();
}

class ServerGone : public OnOwnServer {};

TEST_F(ServerGone, FailsTruthfullyAndComesBackWithoutARemount) {
  fs::create_directory(server_.root() / "folder");
  write_file(server_.root() / "folder" / "file", "content");
  MountedFs mount(server_.endpoint(), {"cache_ttl=0"});
  ASSERT_TRUE(run({"ls", mount.path()}).ok());

  server_->stop();
  const auto gone = run({"env", "LC_ALL=C", "ls", mount / "folder"}, kLimit);
  EXPECT_NE(gone.status, 0) << gone;
  EXPECT_NE(gone.status, 124) << gone << mount.log();
  EXPECT_EQ(gone.output, "");
  EXPECT_THAT(gone.errors, AnyOf(HasSubstr("Connection refused"), HasSubstr("No route to host"),
                                 HasSubstr("Host is down"), HasSubstr("Connection timed out"),
                                 HasSubstr("Network is unreachable"), HasSubstr("Input/output error")));
  const auto written = run({"cp", "/etc/hostname", mount / "new"}, kLimit);
  EXPECT_NE(written.status, 0) << written;
  EXPECT_NE(written.status, 124) << written;

  server_->start();
  const auto back = run({"cat", mount / "folder/file"}, kLimit);
  EXPECT_TRUE(back.ok()) << back << mount.log();
  EXPECT_EQ(back.output, "content");
  EXPECT_TRUE(run({"ls", mount / "folder"}).ok()) << mount.log();
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

TEST_F(ServerGone, UnmountsCleanlyWithoutTheServer) {
  MountedFs mount(server_.endpoint());
  server_->stop();
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
}

TEST_F(ServerGone, IdleConnectionsMayBeCut) {
  write_file(server_.root() / "file", "content");
  MountedFs mount(server_.endpoint(), {"cache_ttl=0"});
  for (const auto style : {CutStyle::clean, CutStyle::abrupt, CutStyle::reset}) {
    ASSERT_TRUE(run({"ls", mount.path()}).ok()) << mount.log();
    server_->drop_all_control_connections(style);
    const auto read = run({"cat", mount / "file"}, kLimit);
    EXPECT_EQ(read.output, "content") << read << mount.log();
    server_->drop_all_control_connections(style);
    const auto name = "new" + std::to_string(static_cast<int>(style));
    const auto written = run_script("echo more >\"$1\"", {mount / name}, kLimit);
    EXPECT_TRUE(written.ok()) << written << mount.log();
    EXPECT_EQ(read_file(server_.root() / name), "more\n");
  }
}

struct Cut {
  CutPoint point = CutPoint::none;
  CutStyle style = CutStyle::abrupt;
  std::string name;

  Fault fault() const {
    Fault fault = Fault::cut(point, style);
    fault.data_bytes = kCutAfterBytes;
    return fault;
  }

  friend void PrintTo(const Cut& cut, std::ostream* out) { *out << cut.name; }  // NOLINT: gtest's name
};

std::string cut_name(const ::testing::TestParamInfo<Cut>& info) { return info.param.name; }

std::vector<Cut> all_cuts() {
  std::vector<Cut> cuts;
  const std::pair<CutPoint, std::string> points[] = {{CutPoint::before_execute, "before_execute"},
                                                     {CutPoint::after_preliminary, "after_preliminary"},
                                                     {CutPoint::after_bytes, "after_bytes"},
                                                     {CutPoint::before_final_reply, "before_final_reply"}};
  const std::pair<CutStyle, std::string> styles[] = {
      {CutStyle::clean, "clean"}, {CutStyle::abrupt, "abrupt"}, {CutStyle::reset, "reset"}};
  for (const auto& [point, point_name] : points) {
    for (const auto& [style, style_name] : styles) {
      cuts.push_back(Cut{point, style, point_name + "_" + style_name});
    }
  }
  return cuts;
}

class CutTransfer : public ::testing::TestWithParam<Cut> {
 protected:
  void SetUp() override { FTPSFS_NEEDS(why_no_fuse()); }

  // The names in the server's root.
  std::string names_on_server() const { return run({"ls", "-A", server_.root()}).output; }

  LocalServer server_;
  TempFolder scratch_;
  const std::string content_ = random_bytes(1'000'000, 7);
};

INSTANTIATE_TEST_SUITE_P(Everywhere, CutTransfer, ::testing::ValuesIn(all_cuts()), cut_name);

TEST_P(CutTransfer, OfADownloadIsNotNoticed) {
  write_file(server_.root() / "file", content_);
  MountedFs mount(server_.endpoint());
  auto cut = server_->faults().on_command("RETR", 1, GetParam().fault());
  const auto copied = run({"cp", mount / "file", scratch_.path() / "file"}, kLimit);
  EXPECT_EQ(cut.fired(), 1U);
  EXPECT_TRUE(copied.ok()) << copied << mount.log();
  EXPECT_TRUE(read_file(scratch_.path() / "file") == content_);
}

TEST_P(CutTransfer, OfAnUploadLosesNothing) {
  write_file(scratch_.path() / "file", content_);
  MountedFs mount(server_.endpoint());
  auto cut = server_->faults().on_command("STOR", 1, GetParam().fault());
  const auto first = run({"cp", scratch_.path() / "file", mount / "file"}, kLimit);
  EXPECT_EQ(cut.fired(), 1U);
  EXPECT_NE(first.status, 124) << first << mount.log();
  if (!first.ok()) {
    EXPECT_THAT(first.errors, AnyOf(HasSubstr("Input/output error"), HasSubstr("Connection reset"),
                                    HasSubstr("Connection timed out")));
    const auto again = run({"cp", scratch_.path() / "file", mount / "file"}, kLimit);
    EXPECT_TRUE(again.ok()) << again << mount.log();
  }
  EXPECT_TRUE(read_file(server_.root() / "file") == content_) << mount.log();
  EXPECT_EQ(names_on_server(), "file\n");
  const auto seen = run({"cmp", scratch_.path() / "file", mount / "file"}, kLimit);
  EXPECT_TRUE(seen.ok()) << seen;
}

// Changes of the tree: done once, reported truthfully, whether the command or only its reply was lost.
class CutChange : public ::testing::TestWithParam<Cut> {
 protected:
  void SetUp() override {
    FTPSFS_NEEDS(why_no_fuse());
    write_file(server_.root() / "file", "content");
    fs::create_directory(server_.root() / "folder");
    mount_ = std::make_unique<MountedFs>(server_.endpoint());
  }

  void expect_done(const std::string& verb, std::vector<std::string> command) {
    auto cut = server_->faults().on_command(verb, 1, GetParam().fault());
    const auto result = run(std::move(command), kLimit);
    EXPECT_EQ(cut.fired(), 1U);
    EXPECT_TRUE(result.ok()) << result << mount_->log();
  }

  LocalServer server_;
  std::unique_ptr<MountedFs> mount_;
};

INSTANTIATE_TEST_SUITE_P(
    Everywhere, CutChange,
    ::testing::Values(Cut{CutPoint::before_execute, CutStyle::abrupt, "before_execute"},
                      Cut{CutPoint::before_final_reply, CutStyle::abrupt, "before_reply"},
                      Cut{CutPoint::before_final_reply, CutStyle::reset, "before_reply_reset"}),
    cut_name);

TEST_P(CutChange, MakesAFolder) {
  expect_done("MKD", {"mkdir", *mount_ / "new"});
  EXPECT_TRUE(fs::is_directory(server_.root() / "new"));
}

TEST_P(CutChange, RemovesAFolder) {
  expect_done("RMD", {"rmdir", *mount_ / "folder"});
  EXPECT_FALSE(fs::exists(server_.root() / "folder"));
}

TEST_P(CutChange, RemovesAFile) {
  expect_done("DELE", {"rm", *mount_ / "file"});
  EXPECT_FALSE(fs::exists(server_.root() / "file"));
}

TEST_P(CutChange, Renames) {
  expect_done("RNTO", {"mv", *mount_ / "file", *mount_ / "folder/moved"});
  EXPECT_FALSE(fs::exists(server_.root() / "file"));
  EXPECT_EQ(read_file(server_.root() / "folder" / "moved"), "content");
}

TEST_P(CutChange, Lists) { expect_done("MLSD", {"ls", mount_->path()}); }

// Refusals reach the program as what they are.
class Refused : public OnOwnServer {
 protected:
  CommandResult with_reply(const std::string& verb, const std::string& reply, const std::string& script) {
    server_->faults().clear();
    server_->faults().on_command(verb, 0, Fault::reply_with(reply));
    return run_script("export LC_ALL=C; cd -- \"$1\"; " + script, {mount_->path()}, kLimit);
  }

  void SetUp() override {
    OnOwnServer::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    write_file(server_.root() / "file", "content");
    mount_ = std::make_unique<MountedFs>(server_.endpoint());
  }

  std::unique_ptr<MountedFs> mount_;
};

TEST_F(Refused, FullDiskIsNoSpace) {
  const auto result = with_reply("STOR", "452 Insufficient storage space.", "cp /etc/passwd new");
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.errors, HasSubstr("No space left on device")) << mount_->log();
}

TEST_F(Refused, UnmountSavesWhatNoCloseCould) {
  server_->faults().on_command("STOR", 0, testing::Fault::reply_with("452 Insufficient storage space."));
  EXPECT_FALSE(run({"cp", "/etc/passwd", *mount_ / "new"}, kLimit).ok());
  server_->faults().clear();
  EXPECT_EQ(mount_->unmount(), 0) << mount_->log();
  EXPECT_EQ(read_file(server_.root() / "new"), read_file("/etc/passwd"));
}

TEST_F(Refused, UnmountTellsWhatItCouldNotSave) {
  server_->faults().on_command("STOR", 0, testing::Fault::reply_with("452 Insufficient storage space."));
  EXPECT_FALSE(run({"cp", "/etc/passwd", *mount_ / "new"}, kLimit).ok());
  EXPECT_EQ(mount_->unmount(), 32);
  EXPECT_THAT(mount_->log(), HasSubstr("written data could not be saved"));
  server_->faults().clear();
}

TEST_F(Refused, DeniedRemovalIsPermission) {
  const auto result = with_reply("DELE", "550 Permission denied.", "rm -f file");
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.errors, AnyOf(HasSubstr("Permission denied"), HasSubstr("not permitted")))
      << mount_->log();
  EXPECT_EQ(read_file(server_.root() / "file"), "content");
}

TEST_F(Refused, MissingFileIsMissing) {
  const auto result = run({"env", "LC_ALL=C", "cat", *mount_ / "nothing"}, kLimit);
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.errors, HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace ftpsfs::mount_test
