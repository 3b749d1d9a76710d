// Everyday programs on a mount, on every server.

#include <algorithm>
#include <fstream>

#include "mount/matrix.h"
#include "mount/tree.h"

namespace ftpsfs::mount_test {
namespace {

constexpr Milliseconds kLong = std::chrono::minutes(10);

class Everyday : public OnServer {
 protected:
  // Pure-FTPd answers 553 "Prohibited file name" to every name with a backslash, Windows has no names like these.
  static void plant(const std::filesystem::path& tree, const TreeShape& shape = {}) {
    make_tree(tree, shape);
    if (GetParam().kind == "iis") remove_what_windows_cannot_name(tree);
    if (GetParam().kind == "pureftpd") {
      std::filesystem::remove(tree / "back\\slash");
      std::filesystem::remove(tree / "plain" / "tab\tinside");
    }
  }

  static bool windows_cannot_name(const std::string& name) {
    const bool has_control = std::ranges::any_of(name, [](char c) { return c >= 0 && c < ' '; });
    return has_control || name.find_first_of("<>:\"|?*\\") != std::string::npos || name.ends_with('.') ||
           name.ends_with(' ');
  }
  static void remove_what_windows_cannot_name(const std::filesystem::path& tree) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree)) {
      if (windows_cannot_name(entry.path().filename())) found.push_back(entry.path());
    }
    for (const auto& path : found) std::filesystem::remove_all(path);
  }
};

FTPSFS_ON_ALL_SERVERS(Everyday);

TEST_P(Everyday, TreeArrivesWholeAndIsReadBackWhole) {
  const auto tree = scratch() / "tree";
  plant(tree);
  {
    MountedFs mount(endpoint());
    const auto copied = run({"cp", "-r", tree, mount / "tree"}, kLong);
    ASSERT_TRUE(copied.ok()) << copied << mount.log();
    const auto on_disk = run({"diff", "-r", tree, root() / "tree"}, kLong);
    EXPECT_TRUE(on_disk.ok()) << on_disk;
    EXPECT_EQ(mount.unmount(), 0) << mount.log();
  }
  MountedFs fresh(endpoint());
  const auto read_back = run({"diff", "-r", tree, fresh / "tree"}, kLong);
  EXPECT_TRUE(read_back.ok()) << read_back << fresh.log();
}

TEST_P(Everyday, RsyncFindsNothingToTransfer) {
  const auto tree = scratch() / "tree";
  plant(tree, {.files = 120, .largest = 0});
  MountedFs mount(endpoint());
  const auto copied = run({"cp", "-r", tree, mount / "tree"}, kLong);
  ASSERT_TRUE(copied.ok()) << copied << mount.log();

  const std::vector<std::string> rsync{"rsync", "-a", "--checksum", "--stats", tree / "", mount / "tree/"};
  const auto first = run(rsync, kLong);
  EXPECT_TRUE(first.ok()) << first << mount.log();
  EXPECT_NE(first.output.find("Number of regular files transferred: 0\n"), std::string::npos) << first;

  const auto second = run({"rsync", "-a", "--checksum", "-i", tree / "", mount / "tree/"}, kLong);
  EXPECT_TRUE(second.ok()) << second << mount.log();
  std::istringstream lines(second.output);
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(line.starts_with(".d")) << line;
}

TEST_P(Everyday, RsyncUpdatesAndDeletes) {
  const auto tree = scratch() / "tree";
  plant(tree, {.files = 40, .largest = 0});
  MountedFs mount(endpoint());
  const std::vector<std::string> rsync{"rsync", "-rt", "--delete", tree / "", mount / "tree/"};
  const auto first = run(rsync, kLong);
  ASSERT_TRUE(first.ok()) << first << mount.log();
  write_file(tree / "plain" / "new", "something new");
  std::filesystem::remove(tree / "-rf");
  write_file(tree / "[brackets]" / "changed", std::string(300'000, 'x'));
  const auto second = run(rsync, kLong);
  EXPECT_TRUE(second.ok()) << second << mount.log();
  const auto same = run({"diff", "-r", tree, root() / "tree"});
  EXPECT_TRUE(same.ok()) << same;
}

TEST_P(Everyday, MovesAndRemoves) {
  const auto tree = scratch() / "tree";
  plant(tree, {.files = 40, .largest = 0});
  MountedFs mount(endpoint());
  const auto result = run_script(R"sh(
    cd -- "$2"
    cp -r -- "$1" tree
    mv tree/plain "tree/renamed folder"
    mv -- tree/-rf "tree/with space/moved away"
    echo old >target; echo new >source; mv source target
    cat target
    rm -- "tree/with space/moved away"
    mkdir -p a/b/c && touch a/b/c/empty && rmdir a/b 2>/dev/null && exit 1
    rm -r a
    test ! -e a
  )sh",
                                 {tree, mount.path()}, kLong);
  EXPECT_TRUE(result.ok()) << result << mount.log();
  EXPECT_EQ(result.output, "new\n");
  const auto expected = run_script(R"sh(
    cd -- "$1"
    mv plain "renamed folder"
    rm -- -rf
    diff -r "$1" "$2/tree"
    test "$(cat "$2/target")" = new
    ls -A "$2"
  )sh",
                                   {tree, root()});
  EXPECT_TRUE(expected.ok()) << expected;
  EXPECT_EQ(expected.output, "target\ntree\n");

  const auto removed = run({"rm", "-r", mount / "tree"}, kLong);
  EXPECT_TRUE(removed.ok()) << removed << mount.log();
  EXPECT_FALSE(std::filesystem::exists(root() / "tree"));
}

TEST_P(Everyday, TarPacksAndUnpacks) {
  const auto tree = scratch() / "tree";
  plant(tree, {.files = 60, .largest = 3U << 20});
  MountedFs mount(endpoint());
  const auto result = run_script(R"sh(
    mkdir "$2/in" "$3"
    tar c -C "$1" . | tar x -C "$2/in"
    tar c -C "$2/in" . | tar x -C "$3"
    diff -r "$1" "$4/in"
    diff -r "$1" "$3"
  )sh",
                                 {tree, mount.path(), scratch() / "out", root()}, kLong);
  EXPECT_TRUE(result.ok()) << result << mount.log();
}

TEST_P(Everyday, EditorsEditInPlace) {
  write_file(scratch() / "text", "one\ntwo\nthree\n");
  MountedFs mount(endpoint());
  const auto result = run_script(R"sh(
    cp "$1" "$2/text.txt"
    sed -i s/two/zwei/ "$2/text.txt"
    sed -i.bak s/one/eins/ "$2/text.txt"
    vim -es -u NONE -i NONE -c '%s/three/drei/' -c wq "$2/text.txt" </dev/null
    echo vier >>"$2/text.txt"
    cat "$2/text.txt"
  )sh",
                                 {scratch() / "text", mount.path()});
  EXPECT_TRUE(result.ok()) << result << mount.log();
  EXPECT_EQ(result.output, "eins\nzwei\ndrei\nvier\n");
  EXPECT_EQ(read_file(root() / "text.txt"), "eins\nzwei\ndrei\nvier\n");
  EXPECT_EQ(read_file(root() / "text.txt.bak"), "one\nzwei\nthree\n");
  const auto names = run({"ls", "-A", root()});
  EXPECT_EQ(names.output, "text.txt\ntext.txt.bak\n");
}

TEST_P(Everyday, GitKeepsARepository) {
  MountedFs mount(endpoint());
  const auto result = run_script(R"sh(
    export HOME=$2 GIT_CONFIG_NOSYSTEM=1
    git init -q "$1/repo"
    cd "$1/repo"
    git config user.name Tester
    git config user.email tester@example.org
    git config gc.auto 0
    for i in 1 2 3 4 5; do echo "line $i" >"file $i"; done
    git add .
    git commit -q -m first
    echo more >>"file 3"
    git commit -q -a -m second
    git fsck --strict 2>&1
    git status --porcelain
    git log --format=%s
    cd /
    git clone -q "$1/repo" "$2/clone"
    cat "$2/clone/file 3"
  )sh",
                                 {mount.path(), scratch()}, kLong);
  EXPECT_TRUE(result.ok()) << result << mount.log();
  EXPECT_EQ(result.output, "second\nfirst\nline 3\nmore\n") << result;
}

TEST_P(Everyday, RandomAccessWritesEndUpWhereTheyBelong) {
  MountedFs mount(endpoint());
  const auto result = run_script(R"sh(
    head -c 300000 /dev/urandom >"$2/local"
    cp "$2/local" "$1/remote"
    for file in "$2/local" "$1/remote"; do
      printf hello | dd of="$file" bs=1 seek=150000 conv=notrunc status=none
      truncate -s 200000 "$file"
      truncate -s 260000 "$file"
      printf tail >>"$file"
      printf far | dd of="$file" bs=1 seek=400000 conv=notrunc status=none
    done
    cmp "$2/local" "$1/remote"
    cmp "$2/local" "$3/remote"
  )sh",
                                 {mount.path(), scratch(), root()}, kLong);
  EXPECT_TRUE(result.ok()) << result << mount.log();
}

}  // namespace
}  // namespace ftpsfs::mount_test
