#include <gtest/gtest.h>

#include <array>

#include "ftp/random_bytes.h"
#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {
namespace {

using namespace std::chrono_literals;
using base::SystemTime;
using model::FileType;
using model::TimePrecision;
using std::chrono::sys_days;

const SystemTime kNow = sys_days(2024y / 6 / 15) + 12h;

struct Line {
  std::string_view text;
  std::string_view name;
  FileType type = FileType::file;
  std::optional<std::uint64_t> size = std::nullopt;
  std::uint32_t mode = 0;
  std::optional<SystemTime> modified = std::nullopt;
  TimePrecision precision = TimePrecision::minute;
  std::optional<std::string> target = std::nullopt;
};

void PrintTo(const Line& line, std::ostream* out) { *out << line.text; }

class UnixLine : public testing::TestWithParam<Line> {};

TEST_P(UnixLine, Understood) {
  const Line& expected = GetParam();
  const auto entry = parse_unix_line(expected.text, kNow);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->name, expected.name);
  EXPECT_EQ(entry->attributes.type, expected.type);
  EXPECT_EQ(entry->attributes.size, expected.size);
  EXPECT_EQ(entry->attributes.mode, expected.mode);
  EXPECT_EQ(entry->attributes.modified, expected.modified);
  EXPECT_EQ(entry->attributes.precision, expected.precision);
  EXPECT_EQ(entry->attributes.link_target, expected.target);
}

constexpr auto kFile = FileType::file;
constexpr auto kDir = FileType::directory;
constexpr auto kLink = FileType::symlink;
constexpr auto kOther = FileType::other;
constexpr auto kMinute = TimePrecision::minute;
constexpr auto kDay = TimePrecision::day;
const SystemTime kMay3 = sys_days(2024y / 5 / 3) + 17h + 4min;
const SystemTime kOld = sys_days(2019y / 1 / 31);
const SystemTime kMarch = sys_days(2019y / 3 / 3);

INSTANTIATE_TEST_SUITE_P(
    Dialects, UnixLine,
    testing::Values(
        // vsftpd, ProFTPD, Pure-FTPd, pyftpdlib, ftp-srv
        Line{"-rw-r--r--    1 2001     2001         1024 May 03 17:04 file.txt", "file.txt", kFile, 1024,
             0644, kMay3},
        Line{"drwxr-xr-x   2 ftpt     ftpt         4096 May  3 17:04 sub", "sub", kDir, 4096, 0755, kMay3},
        Line{"-rw-r--r--    1 2001       2001                0 Jan 31  2019 empty", "empty", kFile, 0, 0644,
             kOld, kDay},
        Line{"-rw-r--r--   1 ftpt     ftpt     9223372036854775807 May 03 17:04 big", "big", kFile,
             9223372036854775807U, 0644, kMay3},
        // without a group, with two-word owners, without any owner
        Line{"-rw-r--r-- 1 owner 12 May 03 17:04 a", "a", kFile, 12, 0644, kMay3},
        Line{"-rw-r--r-- 1 Domain Users None 12 May 03 17:04 a", "a", kFile, 12, 0644, kMay3},
        Line{"-rw-r--r-- 12 May 03 17:04 a", "a", kFile, 12, 0644, kMay3},
        // ACL marks, special bits, a leading blank (STAT)
        Line{"-rw-rw-r--+ 1 u g 12 May 03 17:04 a", "a", kFile, 12, 0664, kMay3},
        Line{"drwxrwxrwt. 1 u g 12 May 03 17:04 a", "a", kDir, 12, 01777, kMay3},
        Line{" -rwsr-Sr-T 1 u g 12 May 03 17:04 a", "a", kFile, 12, 07744, kMay3},
        // what has no size
        Line{"crw-rw-rw- 1 root root 1, 3 May 03 17:04 null", "null", kOther, {}, 0666, kMay3},
        Line{"brw-rw---- 1 root disk 8,   0 May 03 17:04 sda", "sda", kOther, {}, 0660, kMay3},
        Line{"brw-rw---- 1 root disk 8,0 May 03 17:04 sda", "sda", kOther, {}, 0660, kMay3},
        Line{"prw-r--r-- 1 u g 0 May 03 17:04 fifo", "fifo", kOther, {}, 0644, kMay3},
        Line{"srwxr-xr-x 1 u g 0 May 03 17:04 sock", "sock", kOther, {}, 0755, kMay3}));

INSTANTIATE_TEST_SUITE_P(
    Dates, UnixLine,
    testing::Values(Line{"-rw-r--r-- 1 u g 5 3 May 17:04 a", "a", kFile, 5, 0644, kMay3},
                    Line{"-rw-r--r-- 1 u g 5 31 Jan 2019 a", "a", kFile, 5, 0644, kOld, kDay},
                    Line{"-rw-r--r-- 1 5 5 31 Jan 2019 a", "a", kFile, 5, 0644, kOld, kDay},
                    Line{"-rw-r--r-- 1 u g 5 2024-05-03 17:04 a", "a", kFile, 5, 0644, kMay3},
                    // whole seconds, in nobody knows which zone
                    Line{"-rw-r--r-- 1 u g 5 2024-05-03 17:04:09 a", "a", kFile, 5, 0644, kMay3 + 9s},
                    Line{"-rw-r--r-- 1 u g 5 2024-05-03 19:04:09.250000000 +0200 a", "a", kFile, 5, 0644,
                         kMay3 + 9s + 250ms, TimePrecision::second},
                    Line{"-rw-r--r-- 1 u g 5 2024-05-03 12:34:09 -0430 a", "a", kFile, 5, 0644, kMay3 + 9s,
                         TimePrecision::second},
                    Line{"-rw-r--r-- 1 u g 5 2024-05-03 17:04 +0200", "+0200", kFile, 5, 0644, kMay3},
                    Line{"-rw-r--r-- 1 u g 5 03.05.2024 17:04 a", "a", kFile, 5, 0644, kMay3},
                    Line{"-rw-r--r-- 1 u g 5 31.01.2019 a", "a", kFile, 5, 0644, kOld, kDay},
                    Line{"-rw-r--r-- 1 u g 5 05-03 17:04 a", "a", kFile, 5, 0644, kMay3},
                    Line{"-rw-r--r-- 1 u g 5 01-31 2019 a", "a", kFile, 5, 0644, kOld, kDay},
                    Line{"-rw-r--r-- 1 u g 5 31-01 2019 a", "a", kFile, 5, 0644, kOld, kDay},
                    Line{"-rw-r--r-- 1 u g 5 1 31 2019 a", "a", kFile, 5, 0644, kOld, kDay},
                    Line{"-rwxr-xr-x 1 user group 9 May 03, 2024 17:04 a", "a", kFile, 9, 0755, kMay3},
                    Line{"-rw-r--r-- 1 u g 5 May  3 17:04:09 2024 a", "a", kFile, 5, 0644, kMay3 + 9s},
                    // a number in front of a date is no month as long as there is a month
                    Line{"-rw-r--r-- 1 2 3 2019 May 03 17:04 a", "a", kFile, 2019, 0644, kMay3},
                    Line{"-rw-r--r-- 1 u g 5 mAY 3 7:04 a", "a", kFile, 5, 0644, kMay3 - 10h},
                    Line{"-rw-r--r-- 1 u g 5 May 3 24:00 a", "a", kFile, 5, 0644, sys_days(2024y / 5 / 4)},
                    // the name may look like one more date
                    Line{"-rw-r--r-- 1 u g 5 May 03 17:04 7 Jan 31 2019 x", "7 Jan 31 2019 x", kFile, 5, 0644,
                         kMay3},
                    // no such day, or none that can be shown: the file is there all the same
                    Line{"-rw-r--r-- 1 u g 5 Feb 30 2020 a", "a", kFile, 5, 0644, {}, kDay},
                    Line{"-rw-r--r-- 1 u g 5 Feb 30 10:00 a", "a", kFile, 5, 0644, {}},
                    Line{"-rw-r--r-- 1 u g 5 Jan 01 9999 a", "a", kFile, 5, 0644, {}, kDay},
                    Line{"-rw-r--r-- 1 u g 5 2024-13-03 17:04 a", "a", kFile, 5, 0644, {}},
                    // FileZilla Server, dangling link
                    Line{"lrwxrwxrwx 1 ftp ftp 0 ??? ?? ????? gone", "gone", kLink, 0, 0777, {}}));

INSTANTIATE_TEST_SUITE_P(
    Languages, UnixLine,
    testing::Values(Line{"-rw-r--r-- 1 u g 5  3. Mai 17:04 a", "a", kFile, 5, 0644, kMay3},  // German
                    Line{"-rw-r--r-- 1 u g 5 Mär  3  2019 a", "a", kFile, 5, 0644, kMarch, kDay},
                    Line{"-rw-r--r-- 1 u g 5 M\xe4r  3  2019 a", "a", kFile, 5, 0644, kMarch, kDay},
                    Line{"-rw-r--r-- 1 u g 5 31 janv. 2019 a", "a", kFile, 5, 0644, kOld, kDay},  // French
                    Line{"-rw-r--r-- 1 u g 5 31 déc. 2018 a", "a", kFile, 5, 0644, kOld - 31 * 24h, kDay},
                    Line{"-rw-r--r-- 1 u g 5 31 ene 2019 a", "a", kFile, 5, 0644, kOld, kDay},     // Spanish
                    Line{"-rw-r--r-- 1 u g 5 31 gen  2019 a", "a", kFile, 5, 0644, kOld, kDay},    // Italian
                    Line{"-rw-r--r-- 1 u g 5 mrt  3  2019 a", "a", kFile, 5, 0644, kMarch, kDay},  // Dutch
                    Line{"-rw-r--r-- 1 u g 5 mai  3 17:04 a", "a", kFile, 5, 0644, kMay3},  // Portuguese
                    Line{"-rw-r--r-- 1 u g 5 maj  3 17:04 a", "a", kFile, 5, 0644, kMay3},  // Swedish
                    Line{"-rw-r--r-- 1 u g 5 mai  3 17:04 a", "a", kFile, 5, 0644, kMay3},  // Norwegian
                    Line{"-rw-r--r-- 1 u g 5  3 maj 17:04 a", "a", kFile, 5, 0644, kMay3},  // Polish
                    Line{"-rw-r--r-- 1 u g 5 sty 31  2019 a", "a", kFile, 5, 0644, kOld, kDay},
                    Line{"-rw-r--r-- 1 u g 5 kvě  3 17:04 a", "a", kFile, 5, 0644, kMay3},     // Czech
                    Line{"-rw-r--r-- 1 u g 5 мая  3 17:04 a", "a", kFile, 5, 0644, kMay3},     // Russian
                    Line{"-rw-r--r-- 1 u g 5  5月  3 17:04 a", "a", kFile, 5, 0644, kMay3},    // Japanese
                    Line{"-rw-r--r-- 1 u g 5  5月  3日 17:04 a", "a", kFile, 5, 0644, kMay3},  // Chinese
                    Line{"-rw-r--r-- 1 u g 5 5\xb7\xee 3\xc6\xfc 17:04 a", "a", kFile, 5, 0644,
                         kMay3},                                                                  // EUC-JP
                    Line{"-rw-r--r-- 1 u g 5  1월 31  2019 a", "a", kFile, 5, 0644, kOld, kDay},  // Korean
                    Line{"-rw-r--r-- 1 u g 5 2019年  1月 31日 a", "a", kFile, 5, 0644, kOld, kDay}));

INSTANTIATE_TEST_SUITE_P(
    Names, UnixLine,
    testing::Values(Line{"-rw-r--r-- 1 u g 5 May 03 17:04  two  blanks ", " two  blanks ", kFile, 5, 0644,
                         kMay3},
                    Line{"-rw-r--r-- 1 u g 5 May 03 17:04   ", "  ", kFile, 5, 0644, kMay3},
                    Line{"-rw-r--r-- 1 u g 5 Jan 31  2019  x", " x", kFile, 5, 0644, kOld, kDay},
                    Line{"-rw-r--r-- 1 u g 5 May 03 17:04 arrow -> x", "arrow -> x", kFile, 5, 0644, kMay3},
                    Line{"-rw-r--r-- 1 u g 5 May 03 17:04 semi;colon", "semi;colon", kFile, 5, 0644, kMay3},
                    Line{"-rw-r--r-- 1 u g 5 May 03 17:04 \xff\x1b\t", "\xff\x1b\t", kFile, 5, 0644, kMay3}));

INSTANTIATE_TEST_SUITE_P(
    Links, UnixLine,
    testing::Values(
        Line{"lrwxrwxrwx 1 u g 6 May 03 17:04 l -> target", "l", kLink, 6, 0777, kMay3, kMinute, "target"},
        Line{"lrwxrwxrwx 1 ftp ftp 9 May 03 17:04 l", "l", kLink, 9, 0777, kMay3},  // FileZilla Server
        Line{"lrwxrwxrwx 1 u g 3 May 03 17:04 l -> ", "l", kLink, 3, 0777, kMay3},
        Line{"lrwxrwxrwx 1 u g 1 May 03 17:04  a  ->  b ", " a ", kLink, 1, 0777, kMay3, kMinute, " b "},
        // the size is the target's length where the split is unclear
        Line{"lrwxrwxrwx 1 u g 1 May 03 17:04 a -> b -> c", "a -> b", kLink, 1, 0777, kMay3, kMinute, "c"},
        Line{"lrwxrwxrwx 1 u g 6 May 03 17:04 a -> b -> c", "a", kLink, 6, 0777, kMay3, kMinute, "b -> c"},
        Line{"lrwxrwxrwx 1 u g 2 May 03 17:04 a -> b -> c", "a", kLink, 2, 0777, kMay3, kMinute, "b -> c"}));

TEST(UnixLine, RefusesWhatIsNone) {
  for (const std::string_view text : {"",
                                      "total 12",
                                      "-rw-r--r--",
                                      "-rw-r--r-- ",
                                      "hello world this is no listing line",
                                      "01-31-24  05:04PM       <DIR>          dos",
                                      "type=file;size=5; name",
                                      "-rw-r--r-- 1 u g 5 May 03 17:04",
                                      "-rw-r--r-- 1 u g 5 May 03 17:04 ",
                                      "-rw-r--r-- 1 u g x May 03 17:04 a",
                                      "-rw-r--r-- 1 u g 18446744073709551616 May 03 17:04 a",
                                      "-rw-r--r-- 1 u g -5 May 03 17:04 a",
                                      "-rw-r--r-- 1 u g 5 Mau 03 17:04 a",
                                      "-rw-r--r-- 1 u g 5 May 32 17:04 a",
                                      "-rw-r--r-- 1 u g 5 May 03 25:04 a",
                                      "-rw-r--r-- 1 u g 5 May 03 24:01 a",
                                      "-rw-r--r-- 1 u g 5 May 03 17:60 a",
                                      "xrw-r--r-- 1 u g 5 May 03 17:04 a",
                                      "-rw-r--r-- 1 u g 5 13-13 17:04 a",
                                      "-rw-r--r-- 1 u g 5 0 3 17:04 a",
                                      "-rw-r--r-- 1 u g 5 13月 3日 17:04 a",
                                      "d [RWCEAFM?] admin 512 Jan 16 18:53 a",
                                      "-rw-r--r-? 1 u g 5 May 03 17:04 a",
                                      "-rw-r--r--x1 u g 5 May 03 17:04 a",
                                      "/bin/ls: cannot open directory .: Permission denied"}) {
    EXPECT_FALSE(parse_unix_line(text, kNow).has_value()) << text;
  }
}

struct YearRule {
  SystemTime now;
  std::string_view date;
  SystemTime expected;
};

TEST(UnixLine, YearOfDatesWithoutOne) {
  const SystemTime new_years_eve = sys_days(2024y / 12 / 31) + 23h + 30min;
  const SystemTime new_year = sys_days(2025y / 1 / 1) + 10min;
  const YearRule table[] = {
      {kNow, "Jun 15 11:00", sys_days(2024y / 6 / 15) + 11h},
      {kNow, "Jun 16 23:59", sys_days(2024y / 6 / 16) + 23h + 59min},  // tomorrow: another zone, a fast clock
      {kNow, "Jun 17 00:00", sys_days(2023y / 6 / 17)},
      {kNow, "Dec 31 10:00", sys_days(2023y / 12 / 31) + 10h},
      {kNow, "Feb 29 10:00", sys_days(2024y / 2 / 29) + 10h},
      {new_years_eve, "Jan 01 00:10", sys_days(2025y / 1 / 1) + 10min},
      {new_years_eve, "Jan 02 00:10", sys_days(2024y / 1 / 2) + 10min},
      {new_year, "Dec 31 23:50", sys_days(2024y / 12 / 31) + 23h + 50min},
      {new_year, "Feb 29 10:00", sys_days(2024y / 2 / 29) + 10h},
      {sys_days(2024y / 2 / 27), "Feb 29 10:00", sys_days(2020y / 2 / 29) + 10h},
      {sys_days(2023y / 3 / 5), "Feb 29 10:00", sys_days(2020y / 2 / 29) + 10h},
      {sys_days(2103y / 3 / 5), "Feb 29 10:00", sys_days(2096y / 2 / 29) + 10h},  // 2100 is no leap year
  };
  for (const auto& [now, date, expected] : table) {
    const auto entry = parse_unix_line("-rw-r--r-- 1 u g 5 " + std::string(date) + " a", now);
    ASSERT_TRUE(entry.has_value()) << date;
    EXPECT_EQ(entry->attributes.modified, expected) << date;
  }
}

TEST(UnixLine, RandomBytesNeverCrash) {
  constexpr std::array<std::string_view, 14> kPieces{
      "-rw-r--r-- 1 u g ", "lrwxrwxrwx 1 0 ", " ",    "5 ", "1, ", "May ", "29 ", "Feb ", "17:04 ",
      "2024-05-03 ",       "2019 ",           " -> ", "a",  ","};
  test::RandomBytes random(5);
  for (int round = 0; round < 30000; ++round) {
    const auto text = random.text(kPieces, random.below(14));
    if (const auto entry = parse_unix_line(text, kNow)) {
      EXPECT_LT(entry->name.size(), text.size());
    }
  }
}

}  // namespace
}  // namespace ftpsfs::ftp
