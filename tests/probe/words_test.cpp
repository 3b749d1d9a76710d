#include "words.h"

#include <gtest/gtest.h>

#include "listing_dialect.h"

namespace ftpsfs::probe {
namespace {

TEST(Shown, KeepsTextAndEscapesWhatATerminalObeys) {
  EXPECT_EQ(shown("plain gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x98\x80"),
            "plain gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x98\x80");
  EXPECT_EQ(shown("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(shown("\xc2\x9b"
                  "31m"),
            "\\xc2\\x9b"
            "31m")
      << "CSI as one character of Unicode's C1 block";
  EXPECT_EQ(shown("gr\xfc\xdf"), "gr\\xfc\\xdf") << "Latin-1";
  EXPECT_EQ(shown("cut \xe6\x97"), "cut \\xe6\\x97");
  EXPECT_EQ(shown("\xc0\xaf"), "\\xc0\\xaf") << "an overlong '/'";
}

TEST(Quoted, IsOneLine) {
  EXPECT_EQ(quoted(ftp::Reply{220, {"Welcome", "220-to us", " all"}}), "'220 Welcome to us  all'");
  EXPECT_EQ(quoted(ftp::Reply{220, {""}}), "'220 '");
}

TEST(DateOf, IsIso) {
  EXPECT_EQ(date_of(std::chrono::sys_days(std::chrono::year(2031) / 1 / 30) + std::chrono::hours(23)),
            "2031-01-30");
}

TEST(ListingDialect, IsToldByTheLines) {
  EXPECT_EQ(listing_dialect("total 4\r\n-rw-r--r-- 1 a b 3 Nov 22 21:15 x\r\n"), "Unix (ls -l)");
  EXPECT_EQ(listing_dialect("02-03-26  04:05PM       <DIR>          sub\r\n"), "DOS");
  EXPECT_EQ(listing_dialect("+i8388621.48594,m825718503,r,s280,\tdjb.html\r\n"), "EPLF");
  EXPECT_EQ(listing_dialect("Directory DISK$A:[USER]\r\n\r\nREADME.TXT;4  2/9  2-JAN-2026 12:00:00\r\n"),
            "VMS");
  EXPECT_EQ(listing_dialect("total 0\r\n\r\n"), "empty");
  EXPECT_EQ(listing_dialect("what is this\r\n"), "unknown");
}

TEST(FactNames, EndAtTheName) {
  EXPECT_EQ(fact_names("type=file;size=3;modify=20260101000000; a=b;c"), "type, size, modify");
  EXPECT_EQ(fact_names(" name"), "");
  EXPECT_EQ(fact_names(""), "");
}

}  // namespace
}  // namespace ftpsfs::probe
