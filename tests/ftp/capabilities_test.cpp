#include "ftpsfs/ftp/capabilities.h"

#include <gtest/gtest.h>

#include <array>

#include "ftp/random_bytes.h"

namespace ftpsfs::ftp {
namespace {

struct Feat {
  const char* server;
  Reply reply;
  Capabilities expected;
};

void PrintTo(const Feat& feat, std::ostream* out) { *out << feat.server; }

class FromFeat : public testing::TestWithParam<Feat> {};

TEST_P(FromFeat, Understood) { EXPECT_EQ(Capabilities::from_feat(GetParam().reply), GetParam().expected); }

Capabilities all_but_site_utime() {
  return {.mlst = true,
          .mfmt = true,
          .rest_stream = true,
          .size = true,
          .mdtm = true,
          .utf8 = true,
          .epsv = true,
          .site_utime = false};
}

Capabilities with_sizd(Capabilities known) {
  known.sizd_fact = true;
  return known;
}

Capabilities with(Capabilities known, bool Capabilities::* member, bool value) {
  known.*member = value;
  return known;
}

INSTANTIATE_TEST_SUITE_P(
    Servers, FromFeat,
    testing::Values(
        Feat{"vsftpd",
             {211,
              {"Features:", " AUTH TLS", " EPRT", " EPSV", " MDTM", " PASV", " PBSZ", " PROT", " REST STREAM",
               " SIZE", " TVFS", "End"}},
             {.mlst = false,
              .mfmt = false,
              .rest_stream = true,
              .size = true,
              .mdtm = true,
              .utf8 = false,
              .epsv = true,
              .site_utime = false}},
        Feat{"ProFTPD with mod_site_misc",
             {211,
              {"Features:",
               " AUTH TLS",
               " CCC",
               " CLNT",
               " CSID",
               " EPRT",
               " EPSV",
               " HOST",
               " LANG C.UTF-8*",
               " MDTM",
               " MFF modify;UNIX.group;UNIX.mode;",
               " MFMT",
               " MLST modify*;perm*;size*;type*;unique*;UNIX.group*;UNIX.groupname*;UNIX.mode*;UNIX.owner*;",
               " PBSZ",
               " PROT",
               " RANG STREAM",
               " REST STREAM",
               " SIZE",
               " SITE SYMLINK",
               " SITE UTIME",
               " SSCN",
               " TVFS",
               " UTF8",
               "End"}},
             with(with(all_but_site_utime(), &Capabilities::site_utime, true), &Capabilities::clnt, true)},
        Feat{"Pure-FTPd",
             {211,
              {"Extensions supported:", " UTF8", " EPRT", " IDLE", " MDTM", " SIZE", " MFMT", " REST STREAM",
               " MLST type*;size*;sizd*;modify*;UNIX.mode*;UNIX.uid*;UNIX.gid*;unique*;", " MLSD", " PRET",
               " AUTH TLS", " PBSZ", " PROT", " TVFS", " ESTA", " PASV", " EPSV", "End."}},
             with_sizd(all_but_site_utime())},
        Feat{"ftp-srv",
             {211,
              {"Extensions supported", " AUTH TLS", " MDTM", " PBSZ", " PROT", " SIZE", " TYPE A,I,L",
               " UTF8", "End"}},
             {.mlst = false,
              .mfmt = false,
              .rest_stream = false,
              .size = true,
              .mdtm = true,
              .utf8 = true,
              .epsv = false,
              .site_utime = false}},
        Feat{"FileZilla Server",
             {211,
              {"Features:", " MDTM", " REST STREAM", " SIZE", " MLST type*;size*;modify*;perm*;", " MLSD",
               " AUTH SSL", " AUTH TLS", " PROT", " PBSZ", " UTF8", " TVFS", " EPSV", " EPRT", " MFMT",
               "End"}},
             all_but_site_utime()},
        Feat{"Serv-U indents by four",
             {211,
              {"Extensions supported", "    UTF8", "    OPTS MODE;MLST;UTF8", "    SITE PSWD;SET;UTIME;CHMOD",
               "    REST STREAM",
               "End (for details use \"HELP commmand\" where command is the command of interest)"}},
             {.mlst = false,
              .mfmt = false,
              .rest_stream = true,
              .size = false,
              .mdtm = false,
              .utf8 = true,
              .epsv = false,
              .site_utime = true}},
        Feat{"code on every line, lower case",
             {211, {"Features", "211-mlst type,size", "211- epsv", "211-rest stream", "End"}},
             {.mlst = true,
              .mfmt = false,
              .rest_stream = true,
              .size = false,
              .mdtm = false,
              .utf8 = false,
              .epsv = true,
              .site_utime = false}},
        Feat{"REST without STREAM, look-alikes",
             {211, {"x", " REST", " RESTSTREAM", " SIZED", " XUTF8", "", "  ", "y"}},
             {}},
        Feat{"free text is no feature", {211, {"SIZE", "MDTM"}}, {}},
        Feat{"no features", {211, {"no features"}}, {}}, Feat{"refused", {500, {"x", " SIZE", "y"}}, {}},
        Feat{"empty", {211, {}}, {}}));

TEST(Capabilities, RandomBytesNeverCrash) {
  constexpr std::array<std::string_view, 9> kPieces{"MLST", "211-", " ",  "REST", "STREAM",
                                                    ";",    "SITE", "\t", "UTIME"};
  test::RandomBytes random(4);
  for (int round = 0; round < 5000; ++round) {
    Reply reply{.code = 211, .lines = {}};
    for (int line = 0; line < 5; ++line) reply.lines.push_back(random.text(kPieces, random.below(8)));
    (void)Capabilities::from_feat(reply);
  }
}

}  // namespace
}  // namespace ftpsfs::ftp
