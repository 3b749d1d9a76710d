#include "ftpsfs/base/error.h"

#include <gtest/gtest.h>

#include <set>

namespace ftpsfs::base {
namespace {

TEST(Printable, EscapesWhatCouldForgeALogLine) {
  EXPECT_EQ(printable("plain text, \xc3\xbc and 'quotes'"), "plain text, \xc3\xbc and 'quotes'");
  EXPECT_EQ(printable("a\r\nb\tc\x1b[2J\x7f"), R"(a\x0d\x0ab\x09c\x1b[2J\x7f)");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), R"(a\x00b)");
  EXPECT_EQ(printable(R"(\x0a)"), R"(\\x0a)");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, KeepsToTheLimit) {
  EXPECT_EQ(printable("12345678", 8), "12345678");
  EXPECT_EQ(printable("123456789", 8), "12345...");
  EXPECT_EQ(printable("123456\n", 8), "12345...");  // no escape is cut in two
  EXPECT_EQ(printable("123\n\n", 8), "123...");
  EXPECT_EQ(printable("1234", 2), "..");
  EXPECT_EQ(printable("1", 0), "");
  for (std::size_t limit = 0; limit < 40; ++limit) {
    EXPECT_LE(printable("\n\na\\b\x01xyz\xff\xfe\n0123456789", limit).size(), limit);
  }
}

TEST(Error, DoesNotSayTwiceWhatTheMessageBeginsWith) {
  const Error error{Errc::timed_out, "timed out while testing", {}};
  EXPECT_EQ(error.describe(), "timed out while testing");
}

TEST(Error, DescribesItselfInOneLine) {
  const Error plain{Errc::not_found, "no file 'x'", ""};
  EXPECT_EQ(plain.describe(), "not found: no file 'x'");
  const Error with_reply{Errc::busy, "the server refused RETR /x", "450 a\nb"};
  EXPECT_EQ(with_reply.describe(), R"(busy: the server refused RETR /x (server said "450 a\x0ab"))");
  const Error long_reply{Errc::busy, std::string(10'000, 'm'), std::string(10'000, 'r')};
  EXPECT_LT(long_reply.describe().size(), 3000U);
}

TEST(Error, EveryCodeHasItsOwnWords) {
  std::set<std::string_view> words;
  const int last = static_cast<int>(Errc::internal);
  for (int code = 0; code <= last; ++code) words.insert(to_string(static_cast<Errc>(code)));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(last) + 1);
  EXPECT_FALSE(words.contains("unknown error"));
}

TEST(Result, PassesErrorsOn) {
  Result<int> failed = fail(Errc::stale, "message", "reply");
  const Result<std::string> passed_on = fail(std::move(failed));
  ASSERT_FALSE(passed_on.has_value());
  EXPECT_EQ(passed_on.error().code, Errc::stale);
  EXPECT_EQ(passed_on.error().message, "message");
  EXPECT_EQ(passed_on.error().server_reply, "reply");
}

}  // namespace
}  // namespace ftpsfs::base
