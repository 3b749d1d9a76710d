// What statfs(2) tells of the server.

#include <gtest/gtest.h>
#include <sys/statvfs.h>

#include "mount/local_server.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::mount_test {
namespace {

class Space : public ::testing::Test {
 protected:
  void SetUp() override { FTPSFS_NEEDS(why_no_fuse()); }
};

TEST_F(Space, IsTheServersWhereItTells) {
  testing::Personality telling = testing::permissive();
  telling.features.emplace_back("AVBL");
  telling.available = 40960000;
  LocalServer server(telling);
  MountedFs mount(server.endpoint());
  for (int i = 0; i < 10; ++i) {
    struct statvfs space{};
    ASSERT_EQ(::statvfs(mount.path().c_str(), &space), 0);
    EXPECT_EQ(space.f_bavail * space.f_frsize, 40960000U);
    EXPECT_EQ(space.f_blocks * space.f_frsize, 40960000U);
  }
  const auto df = run({"df", "--output=avail", "-B1", mount.path()});
  EXPECT_TRUE(df.ok()) << df;
  EXPECT_NE(df.output.find("40960000"), std::string::npos) << df;
}

TEST_F(Space, IsPlentyWhereItDoesNotTell) {
  LocalServer server;
  MountedFs mount(server.endpoint());
  struct statvfs space{};
  ASSERT_EQ(::statvfs(mount.path().c_str(), &space), 0);
  EXPECT_EQ(space.f_blocks * space.f_frsize, 1ULL << 50);
  EXPECT_EQ(space.f_bavail * space.f_frsize, 1ULL << 49);
}

}  // namespace
}  // namespace ftpsfs::mount_test
