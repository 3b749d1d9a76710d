// Programs that put files into a folder which takes them and refuses every look: on a mount of that folder alone, since
// some servers hide its name, too.

#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "mount/matrix.h"
#include "mount/tree.h"

namespace ftpsfs::mount_test {
namespace {

namespace fs = std::filesystem;

struct Box {
  ServerChoice server;
  std::string kind;  // of tests/servers/run --drop-box

  friend void PrintTo(const Box& box, std::ostream* out) {  // NOLINT: gtest's name
    *out << box.server.kind << " " << box.kind;
  }
};

class DropBoxes : public ::testing::TestWithParam<Box> {
 protected:
  void SetUp() override {
    FTPSFS_NEEDS(why_no_fuse());
    const auto& [server, kind] = GetParam();
    if (server.real) {
      FTPSFS_NEEDS(why_no_real_servers());
      real_ = std::make_unique<RealServer>(server.kind, server.tls_version,
                                           std::vector<std::string>{"--drop-box", kind});
    } else {
      local_ = std::make_unique<LocalServer>(testing::dropbox());
    }
    fs::create_directory(box());
    struct stat root{};
    ASSERT_EQ(::stat(box().parent_path().c_str(), &root), 0);
    ASSERT_EQ(::chown(box().c_str(), root.st_uid, root.st_gid), 0);
    write_file(source_ / "small", small_);
    write_file(source_ / "large", large_);
  }

  Endpoint endpoint() const {
    auto endpoint = real_ ? real_->endpoint() : local_->endpoint();
    endpoint.folder = "/in";
    return endpoint;
  }
  fs::path box() const { return (real_ ? real_->root() : local_->root()) / "in"; }
  bool is_blind() const { return GetParam().kind == "blind"; }

  // Both files, and nothing else.
  void expect_delivered() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(box())) names.insert(entry.path().filename());
    EXPECT_EQ(names, (std::set<std::string>{"large", "small"}));
    EXPECT_TRUE(read_file(box() / "small") == small_);
    EXPECT_TRUE(read_file(box() / "large") == large_);
  }

  const std::string small_ = random_bytes(1'000, 1);
  const std::string large_ = random_bytes(9U << 20, 2);  // enough for an upload to begin while it is written
  TempFolder scratch_;
  const fs::path source_ = scratch_.path();
  std::unique_ptr<LocalServer> local_;
  std::unique_ptr<RealServer> real_;
};

TEST_P(DropBoxes, TakeCopiesAndShowThemToTheirMount) {
  // Nothing is answered from a cache.
  MountedFs mount(endpoint(), {"cache_ttl=0", "negative_ttl=0"});
  for (const auto* option : {"--", "-p"}) {
    const auto copied = run({"cp", option, source_ / "small", source_ / "large", mount.path()});
    EXPECT_TRUE(copied.ok()) << copied << mount.log();
    expect_delivered();
    const auto sizes = run({"stat", "-c", "%s", mount / "small", mount / "large"});
    EXPECT_EQ(sizes.output, "1000\n9437184\n") << sizes << mount.log();
  }
  EXPECT_FALSE(run({"ls", mount.path()}).ok());
  EXPECT_FALSE(run({"stat", mount / "other"}).ok());
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_EQ(mount.log().find("refuses every look at them") != std::string::npos, is_blind()) << mount.log();
}

TEST_P(DropBoxes, TakeCopiesWhateverIsWantedOfTimesAndModes) {
  {
    MountedFs mount(endpoint(), {"mtime=ignore", "chmod=ignore"});
    const auto copied = run({"cp", "-p", source_ / "small", source_ / "large", mount.path()});
    EXPECT_TRUE(copied.ok()) << copied << mount.log();
    EXPECT_EQ(mount.unmount(), 0) << mount.log();
  }
  if (is_blind()) {
    MountedFs mount(endpoint(), {"mtime=fail"});
    EXPECT_FALSE(run({"cp", "-p", source_ / "small", mount.path()}).ok());
    EXPECT_EQ(mount.unmount(), 0) << mount.log();
  }
  expect_delivered();
}

TEST_P(DropBoxes, TakeWhatAnEarlierMountHasDelivered) {
  for (int mounts = 0; mounts < 2; ++mounts) {
    MountedFs mount(endpoint());
    const auto copied = run({"cp", source_ / "small", source_ / "large", mount.path()});
    EXPECT_TRUE(copied.ok()) << copied << mount.log();
    EXPECT_EQ(mount.unmount(), 0) << mount.log();
  }
  expect_delivered();
}

TEST_P(DropBoxes, TakeWhatIsWrittenBack) {
  MountedFs mount(endpoint(), {"writeback=0"});
  for (int i = 0; i < 2; ++i) {
    const auto copied = run({"cp", source_ / "small", source_ / "large", mount.path()});
    EXPECT_TRUE(copied.ok()) << copied << mount.log();
    const auto synced = run({"sync", mount / "small", mount / "large"});
    EXPECT_TRUE(synced.ok()) << synced << mount.log();
  }
  expect_delivered();
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  expect_delivered();
}

const auto kName = [](const ::testing::TestParamInfo<Box>& info) {
  return info.param.server.kind + "_" + info.param.kind;
};

INSTANTIATE_TEST_SUITE_P(Real, DropBoxes,
                         ::testing::Values(Box{{true, "vsftpd", "1.3"}, "blind"},
                                           Box{{true, "vsftpd", "1.3"}, "sizes"},
                                           Box{{true, "proftpd", "1.3"}, "blind"},
                                           Box{{true, "pyftpdlib", "1.3"}, "blind"}),
                         kName);
INSTANTIATE_TEST_SUITE_P(Own, DropBoxes, ::testing::Values(Box{{false, "dropbox", ""}, "blind"}), kName);

}  // namespace
}  // namespace ftpsfs::mount_test
