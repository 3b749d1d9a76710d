#include <fcntl.h>

#include <ctime>
#include <thread>

#include "selftest_support.h"

namespace ftpsfs::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// The manners that set one personality apart from the others.
class PersonalityTest : public FtpsServerTest {
 protected:
  void set_time(const std::string& name, std::time_t time) const {
    const std::array<timespec, 2> times{timespec{time, 0}, timespec{time, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (root_ / name).c_str(), times.data(), 0), 0);
  }
};

INSTANTIATE_TEST_SUITE_P(Tls, PersonalityTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         tls_version_name);

constexpr std::time_t kAtNoon = 1'700'049'600;  // 2023-11-15 12:00:00 UTC

TEST_P(PersonalityTest, EveryOneListsAndServes) {
  for (const auto& [name, make] : all_personalities()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(make().name, name);
    serve(make());
    auto client = connected();
    EXPECT_THAT(client.command("CWD sub"), StartsWith("250"));
    EXPECT_THAT(client.command("CWD /"), StartsWith("250"));
    const auto listing = client.download("LIST");
    EXPECT_THAT(listing.first, StartsWith("1"));
    EXPECT_THAT(listing.last, StartsWith("226"));
    EXPECT_THAT(listing.data, HasSubstr("hello.txt"));
    EXPECT_EQ(client.download("RETR hello.txt").data, "hello world");
    server_->stop();
  }
}

TEST_P(PersonalityTest, FilezillaConfirmsWhatItHasNotDone) {
  serve(strict_filezilla());
  auto client = connected();
  EXPECT_THAT(client.command("DELE missing"), StartsWith("250"));
  EXPECT_THAT(client.command("MKD sub"), StartsWith("257"));
  EXPECT_THAT(client.command("MKD hello.txt"), StartsWith("550"));
  EXPECT_THAT(client.download("MLSD hello.txt").first, StartsWith("501"));
  EXPECT_THAT(client.command("PROT C"), StartsWith("534"));
  EXPECT_THAT(client.command("STAT sub"), StartsWith("221"));
}

TEST_P(PersonalityTest, FilezillaRunsOutOfPortsNowAndThen) {
  serve(strict_filezilla());
  auto client = connected();
  for (int i = 1; i < 7; ++i) EXPECT_THAT(client.command("EPSV"), StartsWith("229"));
  EXPECT_EQ(client.command("EPSV"), "425 Cannot prepare for data connection.");
  EXPECT_THAT(client.command("EPSV"), StartsWith("229"));
}

TEST_P(PersonalityTest, FilezillaForgetsTheOffsetAtAnyReply) {
  serve(strict_filezilla());
  auto client = connected();
  EXPECT_THAT(client.command("REST 6"), StartsWith("350"));
  EXPECT_EQ(client.download("RETR hello.txt").data, "hello world");  // EPSV came between
}

TEST_P(PersonalityTest, FilezillaEndsAConnectionAfterFiveErrorsBeforeTheLogin) {
  serve(strict_filezilla());
  Client client(server_->port(), GetParam());
  EXPECT_THAT(client.reply(), StartsWith("220"));
  for (int i = 0; i < 4; ++i) EXPECT_THAT(client.command("BOGUS"), StartsWith("500"));
  EXPECT_THAT(client.command("NOOP"), StartsWith("200"));
  for (int i = 0; i < 5; ++i) EXPECT_THAT(client.command("BOGUS"), StartsWith("500"));
  EXPECT_EQ(client.line(), "");
}

TEST_P(PersonalityTest, FilezillaRefusesTextBehindAuth) {
  serve(strict_filezilla());
  Client client(server_->port(), GetParam());
  EXPECT_THAT(client.reply(), StartsWith("220"));
  client.write("AUTH TLS\r\nUSER ftpt\r\n");
  EXPECT_THAT(client.reply(), StartsWith("503"));
  EXPECT_EQ(client.line(), "");
}

TEST_P(PersonalityTest, FilezillasOwnProtocolBindsTheDataChannel) {
  serve(strict_filezilla());
  Client client(server_->port(), GetParam());
  client.offer_protocol("\x0fx-filezilla-ftp");
  client.login();
  EXPECT_THAT(client.download("MLSD").last, StartsWith("425"));
  client.offer_protocol(
      "\x08"
      "ftp-data");
  EXPECT_THAT(client.download("MLSD").last, StartsWith("226"));
}

TEST_P(PersonalityTest, FilezillaTakesNoSessionFromAnotherControlConnection) {
  auto& server = serve(strict_filezilla());
  auto first = connected();
  ASSERT_TRUE(first.passive().valid());
  const auto session = first.session();
  Client second(server_->port(), GetParam());
  ASSERT_THAT(second.reply(), StartsWith("220"));
  ASSERT_THAT(second.command("AUTH TLS"), StartsWith("234"));
  ASSERT_TRUE(second.secure(session.get()));
  EXPECT_TRUE(server.counters().wait_until([](const auto& seen) { return seen.control_handshakes_full == 2; },
                                           seconds(10)));
  EXPECT_EQ(server.snapshot().control_handshakes_resumed, 0U);
}

TEST_P(PersonalityTest, Filezilla09IsAWindowsServer) {
  serve(filezilla09());
  auto client = connected();
  put("other", "x");
  set_time("hello.txt", kAtNoon);
  EXPECT_THAT(client.command("RNFR other"), StartsWith("350"));
  EXPECT_EQ(client.command("RNTO hello.txt"), "553 file exists");
  EXPECT_EQ(client.command("SIZE \"hello.txt\""), "213 11");
  EXPECT_THAT(client.command("MKD a*b"), StartsWith("550"));
  EXPECT_THAT(client.command("MKD dots.. "), StartsWith("257"));
  EXPECT_TRUE(std::filesystem::is_directory(root_ / "dots"));
  EXPECT_THAT(client.download("LIST -a").data, HasSubstr("Nov 15  2023 hello.txt"));
  EXPECT_THAT(client.download("MLSD", nullptr, false).last, StartsWith("450 TLS session"));
  set_time("hello.txt", std::time(nullptr) - 200L * 24 * 3600);
  EXPECT_THAT(client.download("LIST").data, MatchesRegex("(.|\n|\r)* [0-9]+:[0-9]+ hello.txt(.|\n|\r)*"));
}

TEST_P(PersonalityTest, CommandsDuringAnUploadWaitAreExecutedOrAreRefused) {
  struct Expected {
    Personality (*make)();
    const char* first;
    const char* second;
  };
  for (const auto& [make, first, second] :
       {Expected{&strict_vsftpd, "226", "213 11"}, Expected{&proftpd, "213 11", "226"},
        Expected{&pureftpd, "500", "226"}}) {
    auto personality = make();
    SCOPED_TRACE(personality.name);
    personality.upload_lingers = std::chrono::milliseconds(200);
    serve(std::move(personality));
    auto client = connected();
    const auto fd = client.passive();
    const auto own = client.session();
    client.write("STOR new\r\n");
    const auto data = client.data_tls(fd.get(), own.get());
    ASSERT_TRUE(data);
    EXPECT_THAT(client.reply(), StartsWith("150"));
    SSL_write(data.get(), "hello", 5);
    SSL_shutdown(data.get());
    ::shutdown(fd.get(), SHUT_WR);
    client.write("SIZE hello.txt\r\n");
    EXPECT_THAT(client.reply(), StartsWith(first));
    EXPECT_THAT(client.reply(), StartsWith(second));
    server_->stop();
  }
}

TEST_P(PersonalityTest, IisListsAsDosDoesInItsOwnTime) {
  serve(iis());
  set_time("hello.txt", kAtNoon);
  set_time("sub", kAtNoon);
  auto client = connected();
  const auto data = client.download("LIST").data;
  EXPECT_THAT(data, HasSubstr("11-15-23  02:00PM                   11 hello.txt\r\n"));
  EXPECT_THAT(data, HasSubstr("11-15-23  02:00PM       <DIR>          sub\r\n"));
  EXPECT_EQ(client.command("MDTM hello.txt"), "213 20231115120000");
  auto four_digits = iis();
  four_digits.four_digit_years = true;
  serve(four_digits);
  EXPECT_THAT(connected().download("LIST").data, HasSubstr("11-15-2023  02:00PM"));
}

TEST_P(PersonalityTest, IisSpeaksWindows) {
  serve(iis());
  auto client = connected();
  EXPECT_EQ(client.command("SYST"), "215 Windows_NT");
  EXPECT_EQ(client.command("SIZE nope"), "550 The system cannot find the file specified. ");
  EXPECT_EQ(client.command("MKD sub"), "550 Cannot create a file when that file already exists. ");
  EXPECT_EQ(client.command("DELE sub"), "550 Access is denied. ");
  EXPECT_EQ(client.command("RMD hello.txt"), "550 The directory name is invalid. ");
  EXPECT_EQ(client.command("SIZE sub"), "213 End");
  EXPECT_EQ(client.body(), " 0\n");
  EXPECT_THAT(client.command("MDTM sub"), StartsWith("550"));
  EXPECT_THAT(client.command("MDTM 20200102030405 hello.txt"), StartsWith("213"));
  EXPECT_EQ(client.command("MDTM hello.txt"), "213 20200102030405");
  EXPECT_THAT(client.command("MLST hello.txt"), StartsWith("500"));
  EXPECT_THAT(client.command("AVBL /"), StartsWith("500"));
  put("other", "x");
  EXPECT_THAT(client.command("RNFR other"), StartsWith("350"));
  EXPECT_EQ(client.command("RNTO hello.txt"), "550 Cannot create a file when that file already exists. ");
}

TEST_P(PersonalityTest, IisKnowsUtf8AfterOptsOnly) {
  serve(iis());
  put("gr\xc3\xbc\xc3\x9f", "x");
  auto client = connected();
  EXPECT_EQ(client.command("SIZE gr\xfc\xdf"), "213 1");
  EXPECT_THAT(client.command("SIZE gr\xc3\xbc\xc3\x9f"), StartsWith("550"));
  EXPECT_THAT(client.download("NLST").data, HasSubstr("gr\xfc\xdf\r\n"));
  EXPECT_THAT(client.command("OPTS UTF8 ON"), StartsWith("200"));
  EXPECT_EQ(client.command("SIZE gr\xc3\xbc\xc3\x9f"), "213 1");
  EXPECT_THAT(client.download("NLST").data, HasSubstr("gr\xc3\xbc\xc3\x9f\r\n"));
}

TEST_P(PersonalityTest, IisConfirmsADownloadBeforeItsDataAndAnUploadAfterTheFin) {
  serve(iis());
  auto client = connected();
  const auto fd = client.passive();
  client.write("RETR hello.txt\r\n");
  const auto data = client.data_tls(fd.get(), client.session().get());
  EXPECT_THAT(client.reply(), StartsWith("125"));
  EXPECT_THAT(client.reply(), StartsWith("226"));
  std::array<char, 64> buffer{};
  EXPECT_EQ(SSL_read(data.get(), buffer.data(), buffer.size()), 11);
  const auto stored = client.upload("STOR new", "abc");
  EXPECT_FALSE(stored.close_notify);
  EXPECT_THAT(stored.last, StartsWith("226"));
  EXPECT_EQ(get("new"), "abc");
}

TEST_P(PersonalityTest, IisWestOfGreenwichExplainsItsErrors) {
  serve(iis_unix());
  set_time("hello.txt", kAtNoon);
  auto client = connected();
  EXPECT_EQ(client.command("DELE nope"), "550 End");
  EXPECT_THAT(client.body(), HasSubstr("Win32 error:   The system cannot find the file specified."));
  EXPECT_THAT(client.download("LIST").data, HasSubstr("Nov 15  2023 hello.txt"));
  set_time("hello.txt", std::time(nullptr));
  EXPECT_THAT(client.download("LIST").data, MatchesRegex("(.|\n|\r)* [0-9]+:[0-9]+ hello.txt(.|\n|\r)*"));
}

TEST_P(PersonalityTest, PyftpdlibWantsThingsInItsOrder) {
  serve(pyftpdlib());
  Client raw(server_->port(), GetParam());
  ASSERT_THAT(raw.reply(), StartsWith("220"));
  ASSERT_THAT(raw.command("AUTH TLS"), StartsWith("234"));
  ASSERT_TRUE(raw.secure());
  EXPECT_THAT(raw.command("PROT P"), StartsWith("503"));
  EXPECT_THAT(raw.command("PBSZ 0"), StartsWith("200"));
  EXPECT_THAT(raw.command("PROT P"), StartsWith("200"));
  auto client = connected();
  EXPECT_THAT(client.download("LIST -a").first, StartsWith("550"));
  EXPECT_EQ(client.download("MLSD hello.txt").first, "501 No such directory.");
  EXPECT_THAT(client.command("MLST hello.txt"), StartsWith("250"));
  EXPECT_THAT(client.body(), HasSubstr("perm=radfw;"));
  const auto fd = client.passive();
  EXPECT_THAT(client.command("REST 6"), StartsWith("350"));
  EXPECT_EQ(client.command("APPE hello.txt"), "450 Can't APPE while REST request is pending.");
}

TEST_P(PersonalityTest, PyftpdlibConfirmsACutUpload) {
  serve(pyftpdlib());
  auto client = connected();
  auto fd = client.passive();
  const auto own = client.session();
  client.write("STOR new\r\n");
  auto data = client.data_tls(fd.get(), own.get());
  ASSERT_TRUE(data);
  EXPECT_THAT(client.reply(), StartsWith("1"));
  EXPECT_EQ(SSL_write(data.get(), "abcdef", 6), 6);
  ASSERT_TRUE(
      server_->counters().wait_until([](const auto& seen) { return seen.bytes_received == 6; }, seconds(10)));
  reset_connection(fd);
  EXPECT_THAT(client.reply(), StartsWith("226"));
}

TEST_P(PersonalityTest, FtpsrvShakesHandsFirstAndKnowsOddSizes) {
  auto& server = serve(ftpsrv());
  put("empty", "");
  auto client = connected();
  const auto fd = client.passive();
  client.write("RETR hello.txt\r\n");
  const auto data = client.data_tls(fd.get(), client.session().get());
  ASSERT_TRUE(data);
  EXPECT_THAT(client.reply(), StartsWith("150"));
  EXPECT_THAT(client.reply(), StartsWith("226"));
  EXPECT_EQ(client.command("SIZE empty"), "213 File status");
  EXPECT_THAT(client.command("SIZE sub"), MatchesRegex("213 [0-9]+"));
  EXPECT_THAT(client.command("MKD sub"), StartsWith("257"));
  EXPECT_THAT(client.command("MKD some/thing/new"), StartsWith("257"));
  EXPECT_EQ(client.command("SIZE \"hello.txt\""), "213 11");
  EXPECT_THAT(client.command("DELE some/thing/new"), StartsWith("250"));
  EXPECT_THAT(client.command("RMD empty"), StartsWith("250"));
  EXPECT_EQ(server.snapshot().data_handshakes_resumed, 0U);
}

TEST_P(PersonalityTest, IdeaSendsItsPreliminaryReplyBehindTheHandshake) {
  serve(idea());
  auto client = connected();
  const auto fd = client.passive();
  client.write("STOR new\r\n");
  EXPECT_FALSE(client.hears_something()) << "before the handshake";
  const auto data = client.data_tls(fd.get(), client.session().get());
  ASSERT_TRUE(data);
  EXPECT_THAT(client.reply(), StartsWith("150"));
}

TEST_P(PersonalityTest, ServusMlsdShowsNothing) {
  serve(servu());
  auto client = connected();
  EXPECT_THAT(client.command("FEAT"), StartsWith("211 End"));
  EXPECT_THAT(client.body(), HasSubstr("    MFMT\n"));
  const auto listing = client.download("MLSD");
  EXPECT_THAT(listing.last, StartsWith("226"));
  EXPECT_EQ(listing.data, "");
  EXPECT_THAT(client.download("LIST").data, HasSubstr(" hello.txt\r\n"));
  EXPECT_THAT(client.command("MLST hello.txt"), StartsWith("250"));
  EXPECT_THAT(client.body(), HasSubstr("size=11;"));
  EXPECT_THAT(client.command("MFF Modify=20200102030405; hello.txt"),
              StartsWith("213 Modify=20200102030405;"));
  EXPECT_EQ(client.command("MDTM hello.txt"), "213 20200102030405");
  EXPECT_THAT(client.command("AVBL /"), MatchesRegex("213 [0-9]+"));
  auto chatty = servu();
  chatty.mlsd = Mlsd::sends_garbage;
  serve(chatty);
  EXPECT_THAT(connected().download("MLSD").data, Not(HasSubstr("hello.txt")));
}

TEST_P(PersonalityTest, RebexWantsResumption) {
  serve(rebex());
  auto client = connected();
  EXPECT_EQ(client.download("MLSD", nullptr, false).last,
            "425 Cannot secure data connection - TLS session resumption required.");
  EXPECT_THAT(client.download("MLSD").last, StartsWith("226"));
  EXPECT_THAT(client.command("MDTM 20200102030405 hello.txt"), StartsWith("213"));
  EXPECT_THAT(client.command("MFMT 20200102030405 hello.txt"), StartsWith("213"));
}

TEST_P(PersonalityTest, AwsNamesNoAddressAndDropsFullHandshakes) {
  serve(aws());
  auto client = connected();
  EXPECT_THAT(client.command("PASV"), StartsWith("227 Entering Passive Mode (0,0,0,0,"));
  EXPECT_THAT(client.command("TYPE A"), StartsWith("504"));
  EXPECT_THAT(client.command("APPE x"), StartsWith("502"));
  EXPECT_THAT(client.command("PROT C"), StartsWith("534"));
  EXPECT_THAT(client.download("MLSD").last, StartsWith("226"));
  EXPECT_THAT(client.download("MLSD", nullptr, false).last, StartsWith("421"));
  EXPECT_EQ(client.line(), "");
  auto on_s3 = aws();
  on_s3.rename_of_directories = false;
  serve(on_s3);
  auto other = connected();
  EXPECT_THAT(other.command("RNFR sub"), StartsWith("350"));
  EXPECT_THAT(other.command("RNTO new"), StartsWith("550"));
}

TEST_P(PersonalityTest, VmsListsVersionsAndBlocks) {
  serve(vms());
  put("noext", std::string(513, 'x'));
  put("two words.tar.gz", "x");
  for (const auto* name : {"hello.txt", "sub", "noext", "two words.tar.gz"}) set_time(name, kAtNoon);
  auto client = connected();
  EXPECT_THAT(client.command("SYST"), StartsWith("215 VMS"));
  const auto data = client.download("LIST").data;
  EXPECT_THAT(data, StartsWith("\r\nDirectory DISK$USER:[000000]\r\n\r\n"));
  EXPECT_THAT(data, HasSubstr("hello.txt;1         1/3  15-NOV-2023 13:00:00  [FTPT]  (RWED,RWED,RE,)\r\n"));
  EXPECT_THAT(data, HasSubstr("sub.DIR;1           "));
  EXPECT_THAT(data, HasSubstr("noext.;1            2/3  "));
  EXPECT_THAT(data, HasSubstr("two^_words^.tar.gz;1\r\n                    1/3  "));
  EXPECT_THAT(data, HasSubstr("\r\nTotal of "));
  EXPECT_EQ(client.command("SIZE noext."), "213 513");
  EXPECT_EQ(client.command("SIZE hello.txt;1"), "213 11");
  EXPECT_EQ(client.download("LIST -a").data, "");
}

TEST_P(PersonalityTest, ListonlyKnowsNothingNewerThanList) {
  serve(listonly());
  auto client = connected();
  for (const auto* command :
       {"FEAT", "OPTS UTF8 ON", "EPSV", "MLSD", "MLST hello.txt", "SIZE hello.txt", "MDTM hello.txt",
        "MFMT 20200102030405 hello.txt", "SITE CHMOD 600 hello.txt"}) {
    EXPECT_THAT(client.command(command), StartsWith("500")) << command;
  }
  EXPECT_THAT(client.command("CWD nope"), StartsWith("550"));
  EXPECT_THAT(client.download("LIST").data, HasSubstr(" 11 "));
}

TEST_P(PersonalityTest, DropboxTakesUploadsAndShowsNothing) {
  serve(dropbox());
  std::filesystem::create_directory(root_ / "in");
  put("in/file", "x");
  auto client = connected();
  EXPECT_EQ(client.command("SIZE hello.txt"), "213 11");
  EXPECT_THAT(client.command("CWD /in"), StartsWith("250"));
  for (const auto* command : {"SIZE /in/file", "MDTM file", "DELE /in/file", "RNFR /in/file", "SIZE /in/no",
                              "LIST", "LIST -a", "RETR file"}) {
    EXPECT_EQ(client.command(command), "550 Permission denied.") << command;
  }
  EXPECT_THAT(client.command("CWD /in/file"), StartsWith("550"));
}

}  // namespace
}  // namespace ftpsfs::testing
