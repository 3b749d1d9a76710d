#include "ftpsfs/ftp/server_family.h"

#include <gtest/gtest.h>

namespace ftpsfs::ftp {
namespace {

struct Sample {
  const char* greeting;
  const char* syst;
  const char* feat;
  const char* name;
  const char* version;
};

TEST(ServerFamily, IsReadFromWhatServersSay) {
  for (const Sample& sample : {
           Sample{"220 (vsFTPd 3.0.3)", "215 UNIX Type: L8", "", "vsftpd", "3.0.3"},
           Sample{"220 ProFTPD 1.3.8 Server (Debian) [::ffff:192.0.2.1]", "", "", "ProFTPD", "1.3.8"},
           Sample{"220 ProFTPD Server (t) [127.0.0.1]", "", "", "ProFTPD", ""},
           Sample{"220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------", "", "", "Pure-FTPd", ""},
           Sample{"220 FileZilla Server 1.7.3.", "215 UNIX emulated by FileZilla.", "", "FileZilla Server",
                  "1.7.3"},
           Sample{"220 Hello", "215 UNIX emulated by FileZilla.", "", "FileZilla Server", ""},
           Sample{"220 Microsoft FTP Service", "215 Windows_NT", "", "Microsoft FTP Service", ""},
           Sample{"220 files.example.org", "215 Windows_NT", "", "Microsoft FTP Service", ""},
           Sample{"220 pyftpdlib 1.5.7 ready.", "", "", "pyftpdlib", "1.5.7"},
           Sample{"220 Serv-U FTP Server v15.4 ready...", "", "", "Serv-U", "15.4"},
           Sample{"220 Welcome", "215 UNIX Type: L8", "211-Extensions\n ESTA\n PASV\n211 End.", "Pure-FTPd",
                  ""},
           Sample{"220 node.example FTP-OpenVMS FTPD V5.6", "215 VMS", "", "VMS", "5.6"},
       }) {
    const auto family = recognize_server(sample.greeting, sample.syst, sample.feat);
    EXPECT_EQ(family.name, sample.name) << sample.greeting;
    EXPECT_EQ(family.version, sample.version) << sample.greeting;
  }
}

TEST(ServerFamily, MayBeUnknown) {
  const auto family =
      recognize_server("220 Welcome to ftp.example.org", "215 UNIX Type: L8", "211 no features");
  EXPECT_EQ(family.name, "");
  EXPECT_EQ(family.version, "");
}

constexpr const char* kFeatOfVsftpd =
    "211-Features:\n AUTH TLS\n EPRT\n EPSV\n MDTM\n PASV\n PBSZ\n PROT\n REST STREAM\n SIZE\n TVFS\n211 End";

TEST(ServerFamily, OfVsftpdShowsInItsFeaturesBehindAnyBanner) {
  for (const char* feat : {kFeatOfVsftpd, "211-Features:\n MDTM\n REST STREAM\n SIZE\n TVFS\n211 End",
                           "211-Features:\n AUTH SSL\n AUTH TLS\n EPSV\n MDTM\n PASV\n PBSZ\n PROT\n REST "
                           "STREAM\n SIZE\n TVFS\n "
                           "UTF8\n211 End"})
    EXPECT_EQ(recognize_server("220 Welcome to ftp.example.org", "", feat).name, "vsftpd") << feat;
}

TEST(ServerFamily, OfVsftpdIsNotTakenForGrantedWhereAnythingElseIsSaid) {
  EXPECT_EQ(recognize_server("220 ProFTPD Server", "", kFeatOfVsftpd).name, "ProFTPD");
  for (const char* feat :
       {"211-Features:\n MDTM\n REST STREAM\n SIZE\n211 End",
        "211-Features:\n EPSV\n PASV\n REST STREAM\n MDTM\n SIZE\n TVFS\n211 End",
        "211-Features:\n MDTM\n MLST size*;\n REST STREAM\n SIZE\n TVFS\n211 End",
        "211-Extensions:\n MDTM\n REST STREAM\n SIZE\n TVFS\n211 End",
        "211-Features:\n MDTM\n REST STREAM\n SIZE\n TVFS\n211 Ok", "500 Unknown command.", ""})
    EXPECT_EQ(recognize_server("220 Welcome to ftp.example.org", "", feat).name, "") << feat;
}

TEST(ServerFamily, ALongNumberFarAwayIsNoVersion) {
  EXPECT_EQ(recognize_server("220 vsftpd, run by the people of example.org since 1999.12", "", "").version,
            "");
}

}  // namespace
}  // namespace ftpsfs::ftp
