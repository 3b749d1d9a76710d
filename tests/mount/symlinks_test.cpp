// Symlinks as programs make and remove them.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "mount/local_server.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::mount_test {
namespace {

class Symlinks : public ::testing::Test {
 protected:
  void SetUp() override { FTPSFS_NEEDS(why_no_fuse()); }
};

TEST_F(Symlinks, AreMadeByProgramsWhereTheServerCan) {
  testing::Personality able = testing::permissive();
  able.features.emplace_back("SITE SYMLINK");
  LocalServer server(able);
  MountedFs mount(server.endpoint());
  const auto result = run_script(R"sh(
    cd "$1"
    mkdir sub; echo content >file; echo inner >sub/inner
    ln -s file link
    ln -s ../file sub/up
    ln -s sub folder
    readlink link sub/up folder
    cat link sub/up folder/inner
    ls -l link | sed 's/.* link/link/'
    rm link
    cat file
    ln -s /etc/passwd outside 2>/dev/null && exit 1
    ln -s missing dangling 2>/dev/null && exit 1
    test ! -L outside && test ! -L dangling
  )sh",
                                 {mount.path()});
  EXPECT_TRUE(result.ok()) << result << mount.log();
  EXPECT_EQ(result.output, "file\n../file\nsub\ncontent\ncontent\ninner\nlink -> file\ncontent\n");
  EXPECT_FALSE(std::filesystem::is_symlink(server.root() / "link"));
  EXPECT_EQ(std::filesystem::read_symlink(server.root() / "sub" / "up"), "/file");
}

TEST_F(Symlinks, AreNotPermittedWhereTheServerCannot) {
  LocalServer server;
  write_file(server.root() / "file", "x");
  MountedFs mount(server.endpoint());
  EXPECT_EQ(::symlink("file", (mount / "link").c_str()), -1);
  EXPECT_EQ(errno, EPERM);
}

}  // namespace
}  // namespace ftpsfs::mount_test
