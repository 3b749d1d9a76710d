#include "ftpsfs/base/secret.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

namespace ftpsfs::base {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<std::string, Secret>);

// Whether the bytes of the string object or of its memory, as it is now, hold `word`.
bool still_holds(std::string& text, std::string_view word) {
  text.resize(text.capacity());
  return text.find(word) != std::string::npos;
}

TEST(Secret, RevealsWhatItWasGiven) {
  const Secret secret("hunter2");
  EXPECT_EQ(secret.reveal(), "hunter2");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, WipesItsSource) {
  for (const std::size_t length : {std::size_t{8}, std::size_t{200}}) {
    std::string source(length, 's');
    const char* const bytes = source.data();
    const Secret secret(std::move(source));
    EXPECT_EQ(secret.reveal(), std::string(length, 's'));
    EXPECT_EQ(std::string_view(bytes, length), std::string(length, '\0'));
  }
}

TEST(Secret, MovesAndLeavesNothingBehind) {
  Secret short_one("abc");  // short strings lie in the object itself
  const char* const bytes = short_one.reveal().data();
  Secret moved(std::move(short_one));
  EXPECT_EQ(moved.reveal(), "abc");
  EXPECT_EQ(std::string_view(bytes, 3), std::string_view("\0\0\0", 3));

  Secret assigned("old");
  assigned = std::move(moved);
  EXPECT_EQ(assigned.reveal(), "abc");
  Secret& same = assigned;
  assigned = std::move(same);
  EXPECT_EQ(assigned.reveal(), "abc");
}

TEST(Wipe, EmptiesAndOverwrites) {
  std::string text(100, 'x');
  const char* const bytes = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string_view(bytes, 100), std::string(100, '\0'));
  EXPECT_FALSE(still_holds(text, "x"));
  wipe(text);
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace ftpsfs::base
