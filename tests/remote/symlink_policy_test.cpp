#include "symlink_policy.h"

#include <gtest/gtest.h>

namespace ftpsfs::remote {
namespace {

using base::Errc;
using model::RemotePath;

RemotePath path(std::string_view text) { return RemotePath::parse(text).value(); }

struct Case {
  const char* root;
  const char* link;
  std::string target;
  std::string shown;
};

TEST(SymlinkPolicy, TargetsInsideStayInside) {
  for (const auto& [root, link, target, shown] : {
           Case{"/", "/l", "file", "file"},
           Case{"/", "/l", "sub/file", "sub/file"},
           Case{"/", "/l", "./sub//file", "./sub//file"},
           Case{"/", "/sub/l", "../file", "../file"},
           Case{"/", "/l", "/etc/passwd", "etc/passwd"},
           Case{"/", "/a/b/l", "/a/c/x", "../c/x"},
           Case{"/", "/a/l", "/", ".."},
           Case{"/", "/a/l", "/a", "."},
           Case{"/", "/l", "../../x", "x"},  // the server's root is its own parent
           Case{"/srv/ftp", "/srv/ftp/a/l", "/srv/ftp/b", "../b"},
           Case{"/srv/ftp", "/srv/ftp/l", "../ftp/b", "b"},
           Case{"/srv/ftp", "/srv/ftp/a/l", "../../../srv/ftp", ".."},
           // ".." behind a name may lead elsewhere when the name is a symlink
           Case{"/", "/l", "a/b/../../x", "x"},
           Case{"/", "/a/l", "../b/../c", "../c"},
           Case{"/", "/l", "D:\\data", "D:\\data"},
       }) {
    const auto inside = target_inside(path(root), path(link), target);
    ASSERT_TRUE(inside.has_value()) << link << " -> " << target;
    EXPECT_EQ(*inside, shown) << link << " -> " << target;
  }
}

TEST(SymlinkPolicy, TargetsOutsideAreRefused) {
  for (const auto& [root, link, target, shown] : {
           Case{"/srv/ftp", "/srv/ftp/l", "/etc/passwd", ""},
           Case{"/srv/ftp", "/srv/ftp/l", "../x", ""},
           Case{"/srv/ftp", "/srv/ftp/a/l", "../../ftp2/x", ""},
           Case{"/srv/ftp", "/srv/ftp/l", "/srv/ftpx", ""},
           Case{"/srv/ftp", "/srv/ftp/l", "/srv", ""},
           Case{"/srv/ftp", "/srv/ftp/l", "a/../../x", ""},
       }) {
    const auto inside = target_inside(path(root), path(link), target);
    ASSERT_FALSE(inside.has_value()) << link << " -> " << target;
    EXPECT_EQ(inside.error().code, Errc::not_permitted);
  }
}

}  // namespace
}  // namespace ftpsfs::remote
