#include <gtest/gtest.h>

#include <array>

#include "ftp/random_bytes.h"
#include "ftpsfs/ftp/listing.h"

namespace ftpsfs::ftp {
namespace {

using namespace std::chrono_literals;
using base::SystemTime;
using model::FileType;
using std::chrono::sys_days;

const SystemTime kTime = sys_days(2024y / 5 / 3) + 17h + 4min + 5s;

struct Line {
  std::string_view text;
  std::string_view name;
  FileType type = FileType::file;
  std::optional<std::uint64_t> size = std::nullopt;
  std::optional<SystemTime> modified = std::nullopt;
  std::optional<std::uint32_t> mode = std::nullopt;
  std::string_view unique = {};
  std::optional<std::string> target = std::nullopt;
  bool current_or_parent = false;
};

void PrintTo(const Line& line, std::ostream* out) { *out << line.text; }

class MlsxLineTest : public testing::TestWithParam<Line> {};

TEST_P(MlsxLineTest, Understood) {
  const Line& expected = GetParam();
  const auto line = parse_mlsx_line(expected.text);
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->name, expected.name);
  EXPECT_EQ(line->attributes.type, expected.type);
  EXPECT_EQ(line->attributes.size, expected.size);
  EXPECT_EQ(line->attributes.modified, expected.modified);
  EXPECT_EQ(line->attributes.mode, expected.mode);
  EXPECT_EQ(line->attributes.unique_id, expected.unique);
  EXPECT_EQ(line->attributes.link_target, expected.target);
  EXPECT_EQ(line->current_or_parent, expected.current_or_parent);
}

constexpr auto kFile = FileType::file;
constexpr auto kDir = FileType::directory;
constexpr auto kLink = FileType::symlink;
constexpr auto kOther = FileType::other;

INSTANTIATE_TEST_SUITE_P(
    Servers, MlsxLineTest,
    testing::Values(
        // ProFTPD
        Line{"modify=20240503170405;perm=adfrw;size=42;type=file;unique=FE01UB4A2;UNIX.group=2001;UNIX."
             "groupname=ftpt;"
             "UNIX.mode=0644;UNIX.owner=2001;UNIX.ownername=ftpt; a.txt",
             "a.txt", kFile, 42, kTime, 0644, "FE01UB4A2"},
        Line{"modify=20240503170405;perm=flcdmpe;type=cdir;unique=FE01U2;UNIX.mode=0755; .",
             ".",
             kDir,
             {},
             kTime,
             0755,
             "FE01U2",
             {},
             true},
        Line{"modify=20240503170405;perm=adfrw;size=6;type=OS.unix=symlink;UNIX.mode=0777; l", "l", kLink, 6,
             kTime, 0777},
        Line{"type=OS.unix=slink:/some/target;size=6; l", "l", kLink, 6, {}, {}, "", "/some/target"},
        // Pure-FTPd
        Line{"type=dir;sizd=4096;modify=20240503170405;UNIX.mode=0755;UNIX.uid=2001;UNIX.gid=2001;unique="
             "fe01g1; sub",
             "sub", kDir, 4096, kTime, 0755, "fe01g1"},
        Line{"type=pdir;sizd=4096; /", "/", kDir, 4096, {}, {}, "", {}, true},
        Line{"type=OS.unix=slink:;size=6;modify=20240503170405;UNIX.mode=0777; l", "l", kLink, 6, kTime,
             0777},
        Line{"type=OS.unix=slink:a b c;size=5; l", "l", kLink, 5, {}, {}, "", "a b c"},
        Line{"type=unknown;size=0; fifo", "fifo", kOther, 0},
        // pyftpdlib
        Line{"modify=20240503170405;perm=radfwMT;size=42;type=file;unique=fe01g4a2;unix.gid=0;unix.mode="
             "0o644;unix.uid=0;"
             " a",
             "a", kFile, 42, kTime, 0644, "fe01g4a2"},
        // FileZilla Server
        Line{"type=file;size=42;modify=20240503170405.250;perms=awrfd; a", "a", kFile, 42, kTime + 250ms},
        Line{"type=OS.unix=symlink;size=42;perms=; l", "l", kLink, 42},
        // SFTPGo, NcFTPd
        Line{"Type=file;Size=42;Modify=20240503170405; a", "a", kFile, 42, kTime},
        Line{"Type=file;Size=42;Modify=20240503170405 a;b; c", "a;b; c", kFile, 42, kTime}));

INSTANTIATE_TEST_SUITE_P(
    Grammar, MlsxLineTest,
    testing::Values(
        Line{"TYPE=FILE;SIZE=1;UNIX.MODE=644; A", "A", kFile, 1, {}, 0644},
        Line{"type=OS.UNIX=SLINK:x; l", "l", kLink, {}, {}, {}, "", "x"},
        Line{"type=OS.unix=slink; l", "l", kLink}, Line{"type=OS.unix=chr-1/3; null", "null", kOther},
        Line{"type=OS.name=x; y", "y", kOther},
        // names: blanks and semicolons belong to them
        Line{"type=file;   three blanks ", "  three blanks ", kFile},
        Line{"type=file; size=9;type=dir; x", "size=9;type=dir; x", kFile}, Line{"type=file;  ", " ", kFile},
        Line{"type=file; ", "", kFile}, Line{"type=file; \xff\n\x1b", "\xff\n\x1b", kFile},
        // the entry line of MLST
        Line{" type=file;size=3; /a b/c", "/a b/c", kFile, 3},
        Line{"   type=file;size=3; /c", "/c", kFile, 3},
        // values that are none
        Line{"type=file;size=;modify=;unix.mode=; a", "a", kFile},
        Line{"type=file;size=-1;modify=yesterday;unix.mode=rw-; a", "a", kFile},
        Line{"type=file;size=18446744073709551616;modify=20241301000000;unix.mode=8; a", "a", kFile},
        Line{"type=file;size=18446744073709551615;unix.mode=0100644; a", "a", kFile, UINT64_MAX, {}, 0644},
        Line{"type=OS.unix=slink:x;type=file; a", "a", kFile},
        Line{"type=file;;size=1;x=;lang=en=US;Win32.ea=0x20; a", "a", kFile, 1}));

TEST(MlsxLineTest, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", " ", "    ", "name", "a name", "type=file", "type=file;", "type=file;size=4", "; a", "=x; a",
        "type=file;junk; a", "total 4", "-rw-r--r-- 1 u g 5 May 03 17:04 a"}) {
    EXPECT_FALSE(parse_mlsx_line(text).has_value()) << text;
  }
}

TEST(MlsxLineTest, BoundsWhatIsKept) {
  const auto line = parse_mlsx_line("unique=" + std::string(256, 'u') +
                                    ";type=OS.unix=slink:" + std::string(4096, 't') + "; a");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->attributes.unique_id, "");
  EXPECT_EQ(line->attributes.type, kLink);
  EXPECT_EQ(line->attributes.link_target, std::nullopt);
  const auto nul = parse_mlsx_line(std::string_view("type=OS.unix=slink:a\0b; l", 25));
  ASSERT_TRUE(nul.has_value());
  EXPECT_EQ(nul->attributes.link_target, std::nullopt);
}

TEST(MlsxLineTest, RandomBytesNeverCrash) {
  constexpr std::array<std::string_view, 13> kPieces{"type=",   "file", "OS.unix=slink:", ";",
                                                     " ",       "=",    "size=",          "9",
                                                     "modify=", "2024", "unix.mode=",     "0o7",
                                                     "unique="};
  test::RandomBytes random(6);
  for (int round = 0; round < 30000; ++round) {
    const auto text = random.text(kPieces, random.below(14));
    const auto line = parse_mlsx_line(text);
    if (!line) continue;
    EXPECT_LT(line->name.size(), text.size());
    EXPECT_LE(line->attributes.mode.value_or(0), 07777U);
  }
}

}  // namespace
}  // namespace ftpsfs::ftp
