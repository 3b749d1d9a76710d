#include "ftpsfs/ftp/timestamp.h"

#include <gtest/gtest.h>

#include <array>

#include "ftp/random_bytes.h"

namespace ftpsfs::ftp {
namespace {

using namespace std::chrono_literals;
using base::SystemTime;
using std::chrono::sys_days;

TEST(Timestamp, Parses) {
  const SystemTime leap_day = sys_days(2024y / 2 / 29);
  EXPECT_EQ(parse_timestamp("20240229235959"), leap_day + 23h + 59min + 59s);
  EXPECT_EQ(parse_timestamp("19700101000000"), SystemTime());
  EXPECT_EQ(parse_timestamp("19691231235959"), SystemTime() - 1s);
  EXPECT_EQ(parse_timestamp("20240229000000.5"), leap_day + 500ms);
  EXPECT_EQ(parse_timestamp("20240229000000.001"), leap_day + 1ms);
  EXPECT_EQ(parse_timestamp("20240229000000.123456789"), leap_day + 123456789ns);
  EXPECT_EQ(parse_timestamp("20240229000000.1234567899999"), leap_day + 123456789ns);
  EXPECT_EQ(parse_timestamp("20161231235960"), sys_days(2017y / 1 / 1) - 1s);  // leap second
  EXPECT_EQ(parse_timestamp("22620410235959"), sys_days(2262y / 4 / 11) - 1s);
  EXPECT_EQ(parse_timestamp("16780101000000"), sys_days(1678y / 1 / 1));
}

TEST(Timestamp, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "2024",
                           "2024022923595",
                           "202402292359599",
                           "20230229000000",
                           "20240230000000",
                           "20241301000000",
                           "20240001000000",
                           "20240100000000",
                           "20240101240000",
                           "20240101006000",
                           "20240101000061",
                           "20240101000000.",
                           "20240101000000.x",
                           "20240101000000.-1",
                           "20240101000000,5",
                           " 20240101000000",
                           "20240101000000 ",
                           "2024-01-01T00:00",
                           "+2024010100000",
                           "191240101000000",
                           "00010101000000",
                           "16010101000000",
                           "16770101000000",
                           "22620412000000",
                           "99991231235959"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(Timestamp, Formats) {
  EXPECT_EQ(format_timestamp(sys_days(2024y / 2 / 29) + 23h + 59min + 59s + 999ms), "20240229235959");
  EXPECT_EQ(format_timestamp(SystemTime() - 1ns), "19691231235959");
  EXPECT_EQ(format_timestamp(SystemTime::max()), "22620411234716");
  EXPECT_EQ(format_timestamp(SystemTime::min()), "16770921001243");
}

TEST(Timestamp, RoundTrips) {
  for (auto time = SystemTime(sys_days(1700y / 1 / 1)); time < sys_days(2260y / 1 / 1); time += 12345678s) {
    EXPECT_EQ(parse_timestamp(format_timestamp(time)), time);
  }
}

TEST(Timestamp, RandomBytesNeverCrash) {
  constexpr std::array<std::string_view, 6> kPieces{"2024", "12", "31", "23", "59", "."};
  test::RandomBytes random(3);
  for (int round = 0; round < 20000; ++round) {
    const auto text = random.text(kPieces, random.below(10));
    if (const auto time = parse_timestamp(text)) {
      const auto shown = format_timestamp(*time);
      EXPECT_EQ(shown.substr(0, 12), text.substr(0, 12));
    }
  }
}

}  // namespace
}  // namespace ftpsfs::ftp
