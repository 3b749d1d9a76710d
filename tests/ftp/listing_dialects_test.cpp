#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "ftp/random_bytes.h"
#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {
namespace {

using namespace std::chrono_literals;
using base::SystemTime;
using model::DirEntry;
using model::FileType;
using model::TimePrecision;
using std::chrono::sys_days;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kFile = FileType::file;
constexpr auto kDir = FileType::directory;
constexpr auto kLink = FileType::symlink;
constexpr auto kMinute = TimePrecision::minute;
constexpr auto kDay = TimePrecision::day;
constexpr auto kSecond = TimePrecision::second;

const SystemTime kNow = sys_days(2024y / 6 / 15) + 12h;

struct Parsed {
  std::vector<DirEntry> entries;
  std::size_t skipped = 0;
  std::string unreadable;

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : entries) names.push_back(entry.name);
    return names;
  }
};

Parsed parse(std::string_view bytes) {
  ListingParser parser(ListingFormat::list, kNow);
  EXPECT_TRUE(parser.feed(bytes).has_value());
  auto entries = parser.finish();
  EXPECT_TRUE(entries.has_value());
  return {std::move(entries.value()), parser.skipped_lines(), parser.first_unreadable_line()};
}

struct Line {
  std::string_view text;
  std::string_view name;
  FileType type = FileType::file;
  std::optional<std::uint64_t> size = std::nullopt;
  std::optional<SystemTime> modified = std::nullopt;
  TimePrecision precision = kMinute;
  std::optional<std::string> target = std::nullopt;
};

void PrintTo(const Line& line, std::ostream* out) { *out << line.text; }

// Each line is the whole of a listing, as a server of the test's name sends it.
class ListLine : public ::testing::TestWithParam<Line> {};

TEST_P(ListLine, Understood) {
  const Line& expected = GetParam();
  const auto parsed = parse(std::string(expected.text) + "\r\n");
  ASSERT_EQ(parsed.entries.size(), 1U) << parsed.unreadable;
  EXPECT_EQ(parsed.skipped, 0U);
  const DirEntry& entry = parsed.entries.front();
  EXPECT_EQ(entry.name, expected.name);
  EXPECT_EQ(entry.attributes.type, expected.type);
  EXPECT_EQ(entry.attributes.size, expected.size);
  EXPECT_EQ(entry.attributes.modified, expected.modified);
  EXPECT_EQ(entry.attributes.precision, expected.precision);
  EXPECT_EQ(entry.attributes.link_target, expected.target);
}

SystemTime at(std::chrono::year_month_day day, std::chrono::minutes time = 0min) {
  return sys_days(day) + time;
}

INSTANTIATE_TEST_SUITE_P(
    Vsftpd, ListLine,
    ::testing::Values(Line{"-rw-r--r--    1 1000     1000       102400 May 03 17:04 a.bin", "a.bin", kFile,
                           102400, at(2024y / 5 / 3, 17h + 4min)},
                      Line{"lrwxrwxrwx    1 0        0               7 Jan 31  2019 l -> usr/bin", "l", kLink,
                           7, at(2019y / 1 / 31), kDay, "usr/bin"},
                      Line{"-rw-r--r--    1 0        0               7 Jan 31  2044 future", "future", kFile,
                           7, at(2044y / 1 / 31), kDay}));

INSTANTIATE_TEST_SUITE_P(ProFtpd, ListLine,
                         ::testing::Values(Line{"-rw-r--r--   1 ftpt     (?)         12 May  3 17:04 a", "a",
                                                kFile, 12, at(2024y / 5 / 3, 17h + 4min)},
                                           Line{"drwxrwsr-x   2 0        staff        4096 May  3 17:04 d",
                                                "d", kDir, 4096, at(2024y / 5 / 3, 17h + 4min)}));

INSTANTIATE_TEST_SUITE_P(PureFtpd, ListLine,
                         ::testing::Values(Line{
                             "-rw-r--r--    1 ftp        ftp               12 May  3 17:04 a", "a", kFile, 12,
                             at(2024y / 5 / 3, 17h + 4min)}));

INSTANTIATE_TEST_SUITE_P(
    FileZillaServer, ListLine,
    ::testing::Values(  // 1.x, and 0.9 with its blanks
        Line{"-rw-rw-rw- 1 ftp ftp            1024 May 03 17:04 a b", "a b", kFile, 1024,
             at(2024y / 5 / 3, 17h + 4min)},
        Line{"drwxrwxrwx 1 ftp ftp               0 Jan 31  2019 d", "d", kDir, 0, at(2019y / 1 / 31), kDay},
        Line{"-r--r--r-- 1 ftp ftp            589 Jan 31  2019 ro", "ro", kFile, 589, at(2019y / 1 / 31),
             kDay},
        Line{"lrwxrwxrwx 1 ftp ftp               0 ??? ?? ????? gone", "gone", kLink, 0}));

INSTANTIATE_TEST_SUITE_P(
    Iis, ListLine,
    ::testing::Values(
        Line{"04-27-00  12:09PM       <DIR>          dir with blanks",
             "dir with blanks",
             kDir,
             {},
             at(2000y / 4 / 27, 12h + 9min)},
        Line{"04-06-00  03:47PM                  589 file", "file", kFile, 589,
             at(2000y / 4 / 6, 15h + 47min)},
        Line{"04-06-2000  12:47AM          18446744073709551615 huge", "huge", kFile, 18446744073709551615U,
             at(2000y / 4 / 6, 47min)},
        Line{"01-31-24  05:04PM       <DIR>           leading",
             " leading",
             kDir,
             {},
             at(2024y / 1 / 31, 17h + 4min)},
        Line{"01-31-24  05:04PM                    5  two  blanks ", " two  blanks ", kFile, 5,
             at(2024y / 1 / 31, 17h + 4min)},
        Line{"01-31-24  05:04PM                    5 10 x", "10 x", kFile, 5, at(2024y / 1 / 31, 17h + 4min)},
        Line{"01-31-49  05:04PM                    5 a", "a", kFile, 5, at(2049y / 1 / 31, 17h + 4min)},
        Line{"01-31-50  05:04PM                    5 a", "a", kFile, 5, at(1950y / 1 / 31, 17h + 4min)},
        Line{"-rwxrwxrwx   1 owner    group             589 Apr  6  2000 unix style", "unix style", kFile,
             589, at(2000y / 4 / 6), kDay},
        Line{"drwxrwxrwx   1 owner    group               0 May  3 17:04 d", "d", kDir, 0,
             at(2024y / 5 / 3, 17h + 4min)}));

INSTANTIATE_TEST_SUITE_P(
    OtherDos, ListLine,
    ::testing::Values(
        Line{"2002-09-02  18:48       <DIR>          d", "d", kDir, {}, at(2002y / 9 / 2, 18h + 48min)},
        Line{"2002-09-02  19:06                9,730 f", "f", kFile, 9730, at(2002y / 9 / 2, 19h + 6min)},
        Line{"02.09.2002  19:06            1.009.730 f", "f", kFile, 1009730, at(2002y / 9 / 2, 19h + 6min)},
        Line{"31-01-2019  9:06                 9 f", "f", kFile, 9, at(2019y / 1 / 31, 9h + 6min)},
        Line{"1/31/2019  9:06 am  9 f", "f", kFile, 9, at(2019y / 1 / 31, 9h + 6min)},
        Line{"01/31/2019  09:06p    <DIR> f", "f", kDir, {}, at(2019y / 1 / 31, 21h + 6min)},
        Line{"05-03-24  05:04PM       <JUNCTION>     j [D:\\data]",
             "j",
             kLink,
             {},
             at(2024y / 5 / 3, 17h + 4min),
             kMinute,
             "D:\\data"},
        Line{"05-03-24  05:04PM       <SYMLINKD>     Documents and Settings [C:\\Users]",
             "Documents and Settings",
             kLink,
             {},
             at(2024y / 5 / 3, 17h + 4min),
             kMinute,
             "C:\\Users"},
        Line{"05-03-24  05:04PM       <SYMLINK>      s", "s", kLink, {}, at(2024y / 5 / 3, 17h + 4min)}));

INSTANTIATE_TEST_SUITE_P(
    Publicfile, ListLine,
    ::testing::Values(
        Line{"+i8388621.29609,m824255902,/,\tdev", "dev", kDir, {}, SystemTime(824255902s), kSecond},
        Line{"+i8388621.44468,m839956783,r,s10376,\tRFCEPLF", "RFCEPLF", kFile, 10376, SystemTime(839956783s),
             kSecond},
        Line{"+m825718503,r,s280,up644\t two  blanks, and commas", " two  blanks, and commas", kFile, 280,
             SystemTime(825718503s), kSecond},
        Line{"+,\tneither", "neither", FileType::other, {}, {}, kSecond}));

INSTANTIATE_TEST_SUITE_P(
    Vms, ListLine,
    ::testing::Values(
        Line{"vms_dir_1.DIR;1  1 19-NOV-2001 21:41 [root,root] (RWE,RWE,RE,RE)",
             "vms_dir_1",
             kDir,
             {},
             at(2001y / 11 / 19, 21h + 41min)},
        Line{"vms_file_3.txt;1       155   2-JUL-2003 10:30:13.64",
             "vms_file_3.txt",
             kFile,
             {},
             SystemTime(at(2003y / 7 / 2, 10h + 30min)) + 13s + 640ms},
        Line{"ANNOUNCE.TXT;2  1/16  12-MAR-2005 08:44:57  [SYSTEM]  (RWED,RWED,RE,)",
             "ANNOUNCE.TXT",
             kFile,
             {},
             SystemTime(at(2005y / 3 / 12, 8h + 44min)) + 57s},
        Line{"READ^_ME^.NOW.TXT;12  7  12-MAR-2005 08:44  [SYSTEM]  (RWED,RWED,RE,)",
             "READ ME.NOW.TXT",
             kFile,
             {},
             at(2005y / 3 / 12, 8h + 44min)},
        Line{"A^41^3B.TXT;1  7  12-MAR-2005 08:44", "AA;.TXT", kFile, {}, at(2005y / 3 / 12, 8h + 44min)},
        Line{"README.;1  [SYSTEM] 12-MAR-2005 08:44 7/8 (RWED,RWED,RE,)",
             "README",
             kFile,
             {},
             at(2005y / 3 / 12, 8h + 44min)},
        Line{"SECRET.DAT;3   %RMS-E-PRV, insufficient privilege or file protection violation",
             "SECRET.DAT",
             kFile,
             {},
             {},
             kSecond}));

INSTANTIATE_TEST_SUITE_P(
    NetWare, ListLine,
    ::testing::Values(Line{"d [R----F--] supervisor            512       Jan 16 18:53    login", "login",
                           kDir, 512, at(2024y / 1 / 16, 18h + 53min)},
                      Line{"- [RWCEAFMS] rhesus             214059       Oct 20 15:27    cx.exe", "cx.exe",
                           kFile, 214059, at(2023y / 10 / 20, 15h + 27min)}));

INSTANTIATE_TEST_SUITE_P(
    Others, ListLine,
    ::testing::Values(
        // pyftpdlib, ftp-srv, Serv-U, WS_FTP
        Line{"-rw-r--r--   1 user     group          12 May 03 17:04 a", "a", kFile, 12,
             at(2024y / 5 / 3, 17h + 4min)},
        Line{"-rw-r--r-- 1 1 1 12 May 03 17:04 a", "a", kFile, 12, at(2024y / 5 / 3, 17h + 4min)},
        Line{"-rw-rw-rw-   1 user     group        1024 May  3 17:04 a", "a", kFile, 1024,
             at(2024y / 5 / 3, 17h + 4min)},
        Line{"-rw-r--r--  1 Domain Users        None    1024 May 03 17:04 a", "a", kFile, 1024,
             at(2024y / 5 / 3, 17h + 4min)},
        // NetPresenz, printers and cameras, ls -h
        Line{"-------r--         326  1391972  1392298 Nov 22  1995 Mega Phone.sit", "Mega Phone.sit", kFile,
             1392298, at(1995y / 11 / 22), kDay},
        Line{"drwxrwxr-x               folder        2 May 10  1996 network", "network", kDir, 2,
             at(1996y / 5 / 10), kDay},
        Line{"-rw-r--r--   1 root     other  33.5k May  3 17:04 rounded",
             "rounded",
             kFile,
             {},
             at(2024y / 5 / 3, 17h + 4min)},
        Line{"---------- 0 0 0 8192 Jan 31 2019 x.jpg", "x.jpg", kFile, 8192, at(2019y / 1 / 31), kDay}));

TEST(ListDialects, LinesOfNoDialectAreReportedAndNeverGuessed) {
  for (const std::string_view line :
       {"plain name", "QSYS           77824 02/23/00 15:09:55 *DIR     QOpenSys/",
        "WYOSPT 3420   2003/05/21  1  200  FB      80  8053  PS  48-MVS.FILE", "01-31-24  05:04PM  <WHAT>  a",
        "01-31-24  05:04PM  <DIR>", "01-31-24  25:04  5 a", "01-31-24  13:04PM  5 a",
        "13-31-24  05:04PM  5 a", "01-31-24  05:04PM  1,23 a", "1-2-3-4 05:04PM 5 a", "+no tab", "+r,\t",
        "A.TXT;1", "A.TXT;1  155", "A.TXT;99999  1 19-NOV-2001 21:41", "NODOT;1  1 19-NOV-2001 21:41",
        "ls: .: Permission denied"}) {
    const auto parsed = parse(std::string(line) + "\r\n");
    EXPECT_THAT(parsed.names(), IsEmpty()) << line;
    EXPECT_EQ(parsed.skipped, 1U) << line;
    EXPECT_FALSE(parsed.unreadable.empty()) << line;
  }
}

TEST(ListDialects, ReportOfAnUnreadableLineIsPrintableAndShort) {
  EXPECT_EQ(parse("gar\x1b[31mbage\r\nmore\r\n").unreadable, "gar\\x1b[31mbage");
  EXPECT_LE(parse(std::string(5000, '\x01') + "\r\n").unreadable.size(), ListingParser::kLongestReport);
}

TEST(ListDialects, TheFirstCertainLineDecidesForAll) {
  const auto parsed = parse(
      "some banner\r\n"
      "01-31-24  05:04PM                    5 a\r\n"
      "-rw-r--r-- 1 u g 5 May 03 17:04 forged\r\n"
      "+r,\tforged\r\n"
      "01-31-24  05:04PM       <DIR>          d\r\n");
  EXPECT_THAT(parsed.names(), ElementsAre("a", "d"));
  EXPECT_EQ(parsed.skipped, 3U);
  EXPECT_EQ(parsed.unreadable, "some banner");
}

TEST(ListDialects, OneDayBehindThe12thTellsTheOrderForTheWholeListing) {
  const auto parsed = parse(
      "03-05-24  05:04PM                    5 a\r\n"
      "31-01-24  05:04PM                    5 b\r\n"
      "01-02-24  05:04PM                    5 c\r\n");
  ASSERT_EQ(parsed.entries.size(), 3U);
  EXPECT_EQ(parsed.entries[0].attributes.modified, at(2024y / 5 / 3, 17h + 4min));
  EXPECT_EQ(parsed.entries[1].attributes.modified, at(2024y / 1 / 31, 17h + 4min));
  EXPECT_EQ(parsed.entries[2].attributes.modified, at(2024y / 2 / 1, 17h + 4min));
}

TEST(ListDialects, MonthFirstStaysMonthFirst) {
  const auto parsed = parse(
      "03-05-24  05:04PM                    5 a\r\n"
      "01-31-24  05:04PM                    5 b\r\n");
  ASSERT_EQ(parsed.entries.size(), 2U);
  EXPECT_EQ(parsed.entries[0].attributes.modified, at(2024y / 3 / 5, 17h + 4min));
}

TEST(ListDialects, DottedDatesAreNotSwappedByOthers) {
  const auto parsed = parse("03.05.2024  17:04  5 a\r\n31.01.2024  17:04  5 b\r\n");
  ASSERT_EQ(parsed.entries.size(), 2U);
  EXPECT_EQ(parsed.entries[0].attributes.modified, at(2024y / 5 / 3, 17h + 4min));
}

TEST(ListDialects, WholeVmsListing) {
  const auto parsed = parse(
      "\r\nDirectory SYS$SYSDEVICE:[ANONYMOUS]\r\n\r\n"
      "ANNOUNCE.TXT;2            1/16       12-MAR-2005 08:44:57  [SYSTEM]               (RWED,RWED,RE,)\r\n"
      "A_VERY_LONG_NAME_THAT_DOES_NOT_FIT_ITS_COLUMN.TXT;1\r\n"
      "                          12/16      12-MAR-2005 08:44:57  [SYSTEM]               (RWED,RWED,RE,)\r\n"
      "CGI-BIN.DIR;1             3          19-NOV-2001 21:41     [SYSTEM]               (RWE,RWE,RE,RE)\r\n"
      "\r\n\r\nTotal of 3 files, 16/35 blocks.\r\n");
  EXPECT_THAT(parsed.names(),
              ElementsAre("ANNOUNCE.TXT", "A_VERY_LONG_NAME_THAT_DOES_NOT_FIT_ITS_COLUMN.TXT", "CGI-BIN"));
  EXPECT_EQ(parsed.skipped, 0U) << parsed.unreadable;
  EXPECT_EQ(parsed.entries[1].attributes.modified, SystemTime(at(2005y / 3 / 12, 8h + 44min)) + 57s);
}

TEST(ListDialects, HighestVersionOfAVmsFileIsKept) {
  const auto parsed = parse(
      "A.TXT;2  1 19-NOV-2002 21:41\r\nB.TXT;1  1 19-NOV-2001 21:41\r\nA.TXT;10  1 19-NOV-2010 21:41\r\n"
      "A.TXT;9  1 19-NOV-2009 21:41\r\n");
  EXPECT_THAT(parsed.names(), ElementsAre("B.TXT", "A.TXT"));
  EXPECT_EQ(parsed.entries[1].attributes.modified, at(2010y / 11 / 19, 21h + 41min));
}

TEST(ListDialects, HalfAVmsLineIsReported) {
  const auto at_the_end = parse("A.TXT;2  1 19-NOV-2002 21:41\r\nLONELY.TXT;1\r\n");
  EXPECT_THAT(at_the_end.names(), ElementsAre("A.TXT"));
  EXPECT_EQ(at_the_end.unreadable, "LONELY.TXT;1");
  const auto in_between = parse("LONELY.TXT;1\r\nA.TXT;2  1 19-NOV-2002 21:41\r\n");
  EXPECT_THAT(in_between.names(), ElementsAre("A.TXT"));
  EXPECT_EQ(in_between.unreadable, "LONELY.TXT;1");
}

TEST(ListDialects, TotalsInOtherLanguages) {
  const auto parsed = parse("insgesamt 12\r\n-rw-r--r-- 1 u g 5  3. Mai 17:04 a\r\ntotal 4.0K\r\n合計 3\r\n");
  EXPECT_THAT(parsed.names(), ElementsAre("a"));
  EXPECT_EQ(parsed.skipped, 0U);
}

TEST(ListDialects, HostileNamesAreDropped) {
  for (const std::string& name :
       {std::string("a/b"), std::string("../x"), std::string("/etc/passwd"), std::string("a\0b", 3),
        std::string("a\nb"), std::string("a\rb"), std::string(256, 'n'), std::string(60 << 10, 'n')}) {
    const auto parsed = parse("01-31-24  05:04PM                    5 " + name +
                              "\r\n01-31-24  05:04PM                    5 good\r\n");
    EXPECT_THAT(parsed.names(), ElementsAre("good"));
    EXPECT_EQ(parsed.skipped, 1U);
  }
  EXPECT_THAT(parse("A^2FB.TXT;1 1 19-NOV-2001 21:41\r\nA^00B.TXT;1 1 19-NOV-2001 21:41\r\n").names(),
              IsEmpty());
}

TEST(ListDialects, RandomBytesNeverCrash) {
  constexpr std::array<std::string_view, 26> kPieces{"01-31-24",
                                                     "  ",
                                                     "05:04PM",
                                                     "<DIR>",
                                                     "<SYMLINK>",
                                                     "9,730",
                                                     "1.000",
                                                     " a",
                                                     " [x]",
                                                     "\r\n",
                                                     "+",
                                                     "s5,",
                                                     "m1,",
                                                     "/,",
                                                     "\t",
                                                     "A.TXT",
                                                     ";1",
                                                     " 19-NOV-2001",
                                                     " 21:41",
                                                     "^",
                                                     ".DIR;3",
                                                     "^4",
                                                     "d [RWCEAFMS] ",
                                                     "Directory X:[Y]",
                                                     "-rw-r--r-- 1 u g 5 ",
                                                     "3. Mai 17:04"};
  test::RandomBytes random(11);
  for (int round = 0; round < 20000; ++round) {
    const auto parsed = parse(random.text(kPieces, random.below(30)));
    for (const auto& entry : parsed.entries) ASSERT_TRUE(model::check_name(entry.name).has_value());
  }
}

}  // namespace
}  // namespace ftpsfs::ftp
