#include "ftpsfs/ftp/listing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "ftp/random_bytes.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using testing::ElementsAre;
using testing::IsEmpty;

const base::SystemTime kNow = std::chrono::sys_days(2024y / 6 / 15);

struct Parsed {
  std::vector<std::string> names;
  std::size_t skipped = 0;
};

Parsed parse(ListingFormat format, std::string_view bytes, std::size_t piece = std::string_view::npos) {
  ListingParser parser(format, kNow);
  while (!bytes.empty()) {
    EXPECT_TRUE(parser.feed(bytes.substr(0, piece)).has_value());
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  auto entries = parser.finish();
  EXPECT_TRUE(entries.has_value());
  Parsed parsed{.names = {}, .skipped = parser.skipped_lines()};
  for (auto& entry : entries.value()) parsed.names.push_back(std::move(entry.name));
  return parsed;
}

std::string unix_line(std::string_view name) {
  return fmt::format("-rw-r--r-- 1 u g 5 May 03 17:04 {}", name);
}

TEST(ListingParser, VsftpdListAll) {
  const auto parsed = parse(ListingFormat::list,
                            "drwxr-xr-x    3 2001     2001         4096 May 03 17:04 .\r\n"
                            "drwxr-xr-x    3 2001     2001         4096 May 03 17:04 ..\r\n"
                            "-rw-r--r--    1 2001     2001            5 May 03 17:04 .hidden\r\n"
                            "-rw-r--r--    1 2001     2001            5 May 03 17:04 a\r\n");
  EXPECT_THAT(parsed.names, ElementsAre(".hidden", "a"));
  EXPECT_EQ(parsed.skipped, 0U);
}

TEST(ListingParser, MlsdSkipsCurrentAndParent) {
  const auto parsed =
      parse(ListingFormat::mlsd,
            "type=cdir;sizd=4096; .\r\ntype=pdir; /srv\r\ntype=dir; ..\r\ntype=file;size=1; b\r\n"
            "type=dir; a\r\n");
  EXPECT_THAT(parsed.names, ElementsAre("b", "a"));
  EXPECT_EQ(parsed.skipped, 0U);
}

TEST(ListingParser, SkipsTotalAndBlankLinesSilently) {
  const auto parsed =
      parse(ListingFormat::list, "total 8\r\n\r\n  \r\n" + unix_line("a") + "\r\nTotal 0\r\n");
  EXPECT_THAT(parsed.names, ElementsAre("a"));
  EXPECT_EQ(parsed.skipped, 0U);
}

TEST(ListingParser, EmptyListings) {
  for (const std::string_view bytes : {"", "\r\n", "\n", "\r", "total 0\r\n"}) {  // ftp-srv: "\r\n"
    const auto parsed = parse(ListingFormat::list, bytes);
    EXPECT_THAT(parsed.names, IsEmpty());
    EXPECT_EQ(parsed.skipped, 0U);
  }
}

TEST(ListingParser, CountsUnreadableLinesAndUnusableNames) {
  const auto parsed =
      parse(ListingFormat::mlsd,
            "nonsense\r\ntype=file; /abs/path\r\ntype=file; ../../etc/passwd\r\ntype=file; \r\n"
            "type=file; " +
                std::string(256, 'n') + "\r\ntype=file; ok\r\n");
  EXPECT_THAT(parsed.names, ElementsAre("ok"));
  EXPECT_EQ(parsed.skipped, 5U);
}

TEST(ListingParser, LineFeedInANameDoesNotForgeAnEntry) {
  // The first line end of all is the one inside the name.
  const std::string forged = unix_line("x\n" + unix_line("forged"));
  const std::string bytes = forged + "\r\n" + unix_line("real") + "\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const auto parsed = parse(ListingFormat::list, bytes, piece);
    EXPECT_THAT(parsed.names, ElementsAre("real")) << piece;
    EXPECT_EQ(parsed.skipped, 1U);
  }
}

TEST(ListingParser, LineFeedsEndLinesWhereNoCrLfComes) {
  const std::string bytes = unix_line("a") + "\n" + unix_line(" b ") + "\n" + unix_line("c");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_THAT(parse(ListingFormat::list, bytes, piece).names, ElementsAre("a", " b ", "c")) << piece;
  }
}

TEST(ListingParser, LongListingWithLineFeedsOnly) {
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes += unix_line(fmt::format("f{:06}", i)) + "\n";
  ASSERT_GT(bytes.size(), 2 * ListingParser::kLongestLine);
  const auto parsed = parse(ListingFormat::list, bytes, 1000);
  EXPECT_EQ(parsed.names.size(), 5000U);
  EXPECT_EQ(parsed.skipped, 0U);
}

TEST(ListingParser, LastLineWithoutLineEndCounts) {
  EXPECT_THAT(parse(ListingFormat::mlsd, "type=file; a\r\ntype=file; b").names, ElementsAre("a", "b"));
  EXPECT_THAT(parse(ListingFormat::mlsd, "type=file; a\r\ntype=file; b\r").names, ElementsAre("a", "b"));
}

TEST(ListingParser, FirstOfDuplicatesStaysInItsPlace) {
  ListingParser parser(ListingFormat::mlsd, kNow);
  ASSERT_TRUE(parser.feed("type=file;size=1; b\r\ntype=file; a\r\ntype=file;size=2; b\r\ntype=dir; b\r\n"));
  const auto entries = parser.finish().value();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "b");
  EXPECT_EQ(entries[0].attributes.size, 1U);
  EXPECT_EQ(entries[1].name, "a");
}

TEST(ListingParser, BoundsALine) {
  for (const std::string_view end : {"", "\n", "\r\n"}) {
    ListingParser parser(ListingFormat::mlsd, kNow);
    ASSERT_TRUE(parser.feed("type=file; a\r\n"));
    const auto fed = parser.feed(std::string(ListingParser::kLongestLine + 1, 'x') + std::string(end));
    ASSERT_FALSE(fed.has_value());
    EXPECT_EQ(fed.error().code, Errc::protocol_error);
  }
}

TEST(ListingParser, BoundsTheFirstLine) {
  ListingParser parser(ListingFormat::mlsd, kNow);
  const auto fed = parser.feed(std::string(ListingParser::kLongestLine + 1, 'x'));
  ASSERT_FALSE(fed.has_value());
  EXPECT_EQ(fed.error().code, Errc::protocol_error);
}

TEST(ListingParser, BoundsTheEntries) {
  ListingParser parser(ListingFormat::mlsd, kNow, 2);
  ASSERT_TRUE(parser.feed("type=file; a\r\ntype=file; b\r\n"));
  const auto fed = parser.feed("type=file; c\r\n");
  ASSERT_FALSE(fed.has_value());
  EXPECT_EQ(fed.error().code, Errc::protocol_error);
}

TEST(ListingParser, BoundsEndlessNonsense) {
  ListingParser parser(ListingFormat::mlsd, kNow, 2);
  std::size_t fed = 0;
  while (parser.feed("\r\nnonsense\r\n")) ASSERT_LT(fed += 12, ListingParser::kLongestLine + 4096);
}

TEST(ListingParser, RandomBytesNeverCrash) {
  constexpr std::array<std::string_view, 9> kPieces{
      "-rw-r--r-- 1 u g 5 May 03 17:04 ", "type=file; ", "\r\n", "\n", "\r", "a", "total 1", "..", "/"};
  test::RandomBytes random(7);
  for (int round = 0; round < 4000; ++round) {
    const auto bytes = random.text(kPieces, random.below(40));
    for (const auto format : {ListingFormat::mlsd, ListingFormat::list}) {
      ListingParser parser(format, kNow, 1000);
      std::string_view rest = bytes;
      while (!rest.empty()) {
        const auto piece = 1 + random.below(8);
        ASSERT_TRUE(parser.feed(rest.substr(0, piece)));
        rest.remove_prefix(std::min(piece, rest.size()));
      }
      const auto entries = parser.finish().value();
      for (const auto& entry : entries) EXPECT_TRUE(model::check_name(entry.name)) << entry.name;
    }
  }
}

}  // namespace
}  // namespace ftpsfs::ftp
