#include "ftpsfs/model/remote_path.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_set>

namespace ftpsfs::model {
namespace {

using base::Errc;

RemotePath path(std::string_view text) { return RemotePath::parse(text).value(); }

TEST(RemotePath, DefaultIsTheRoot) {
  const RemotePath root;
  EXPECT_EQ(root.str(), "/");
  EXPECT_TRUE(root.is_root());
  EXPECT_EQ(root.name(), "");
  EXPECT_EQ(root.parent(), root);
}

TEST(RemotePath, Parses) {
  for (const auto& [text, expected] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"", "/"},
           {"/", "/"},
           {"///", "/"},
           {"/a/b", "/a/b"},
           {"a/b", "/a/b"},
           {"/a//b/", "/a/b"},
           {"/ a / b ", "/ a / b "},
           {"/...", "/..."},
           {"/.hidden", "/.hidden"},
           {"/-a", "/-a"},
           {"/a\\b", "/a\\b"},
           {"/\xff\x1b\t;*", "/\xff\x1b\t;*"}}) {
    const auto parsed = RemotePath::parse(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->str(), expected);
  }
}

TEST(RemotePath, RefusesWhatCannotBeSent) {
  for (const std::string_view text :
       {std::string_view("/."), std::string_view(".."), std::string_view("/a/../b"),
        std::string_view("/a/./b"), std::string_view("/a\nb"), std::string_view("/a\rb"),
        std::string_view("/a\0b", 4), std::string_view("/x\r\nDELE /y")}) {
    const auto parsed = RemotePath::parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Errc::name_invalid);
    EXPECT_EQ(parsed.error().message.find_first_of("\r\n"), std::string::npos);
  }
}

TEST(RemotePath, LengthLimits) {
  EXPECT_TRUE(RemotePath().child(std::string(255, 'a')).has_value());
  EXPECT_EQ(RemotePath().child(std::string(256, 'a')).error().code, Errc::name_too_long);

  std::string longest;
  for (int i = 0; i < 40; ++i) longest += "/" + std::string(99, 'a');
  ASSERT_EQ(longest.size(), 4000U);
  EXPECT_EQ(path(longest).str(), longest);
  EXPECT_EQ(RemotePath::parse(longest + "a").error().code, Errc::name_too_long);
  EXPECT_EQ(path(longest).child("b").error().code, Errc::name_too_long);
}

TEST(RemotePath, ChildChecksTheName) {
  EXPECT_EQ(RemotePath().child("a").value().str(), "/a");
  EXPECT_EQ(path("/a").child("b c").value().str(), "/a/b c");
  for (const std::string_view name : {"", ".", "..", "a/b", "/", "a\n"}) {
    EXPECT_EQ(RemotePath().child(name).error().code, Errc::name_invalid) << name;
    EXPECT_EQ(check_name(name).error().code, Errc::name_invalid) << name;
  }
}

TEST(RemotePath, ParentAndName) {
  EXPECT_EQ(path("/a/b/c").parent(), path("/a/b"));
  EXPECT_EQ(path("/a").parent(), RemotePath());
  EXPECT_EQ(path("/a/b/c").name(), "c");
  EXPECT_EQ(path("/a").name(), "a");
  EXPECT_FALSE(path("/a").is_root());
}

TEST(RemotePath, Contains) {
  EXPECT_TRUE(RemotePath().contains(path("/a")));
  EXPECT_TRUE(RemotePath().contains(RemotePath()));
  EXPECT_TRUE(path("/a").contains(path("/a")));
  EXPECT_TRUE(path("/a").contains(path("/a/b/c")));
  EXPECT_FALSE(path("/a").contains(path("/ab")));
  EXPECT_FALSE(path("/a/b").contains(path("/a")));
  EXPECT_FALSE(path("/a").contains(RemotePath()));
}

TEST(RemotePath, Rebased) {
  EXPECT_EQ(path("/new").rebased(path("/old"), path("/old/x/y")), path("/new/x/y"));
  EXPECT_EQ(path("/new").rebased(path("/old"), path("/old")), path("/new"));
  EXPECT_EQ(path("/new").rebased(RemotePath(), path("/x")), path("/new/x"));
  EXPECT_EQ(path("/new").rebased(RemotePath(), RemotePath()), path("/new"));
  EXPECT_EQ(RemotePath().rebased(path("/old"), path("/old/x")), path("/x"));
  EXPECT_EQ(RemotePath().rebased(path("/old"), path("/old")), RemotePath());
}

TEST(RemotePath, IsAKey) {
  const std::unordered_set<RemotePath> set{path("/a"), path("a"), path("/b")};
  EXPECT_EQ(set.size(), 2U);
  EXPECT_LT(path("/a"), path("/b"));
}

TEST(RemotePath, RandomTextIsRefusedOrSendable) {
  std::mt19937 random(1);
  constexpr std::string_view kBytes{"/.a\0\r\n \xff", 8};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const auto length = random() % 12;
    for (std::size_t i = 0; i < length; ++i) text += kBytes[random() % kBytes.size()];
    const auto parsed = RemotePath::parse(text);
    if (!parsed) continue;
    EXPECT_TRUE(parsed->str().starts_with('/'));
    EXPECT_EQ(parsed->str().find_first_of(std::string_view("\0\r\n", 3)), std::string::npos);
    EXPECT_EQ(parsed->str().find("//"), std::string::npos);
    EXPECT_EQ(RemotePath::parse(parsed->str()), *parsed);
    if (!parsed->is_root()) {
      EXPECT_EQ(parsed->parent().child(parsed->name()), *parsed);
    }
  }
}

}  // namespace
}  // namespace ftpsfs::model
