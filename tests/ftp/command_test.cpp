#include "ftpsfs/ftp/command.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace ftpsfs::ftp {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using base::Secret;
using Kind = Command::Kind;
using model::RemotePath;

RemotePath path(std::string_view text) { return RemotePath::parse(text).value(); }

const base::SystemTime kTime = std::chrono::sys_days(2024y / 2 / 29) + 1h + 2min + 3s + 999ms;

struct Made {
  Command command;
  Kind kind;
  std::string_view wire;
};

TEST(Command, OpensDataChannels) {
  const auto ipv4 = net::SocketAddress::parse("192.0.2.1", 50'001).value();
  const auto ipv6 = net::SocketAddress::parse("2001:db8::1", 50'001).value();
  EXPECT_EQ(Command::eprt(ipv4).wire(), "EPRT |1|192.0.2.1|50001|\r\n");
  EXPECT_EQ(Command::eprt(ipv6).wire(), "EPRT |2|2001:db8::1|50001|\r\n");
  EXPECT_EQ(Command::port(ipv4).wire(), "PORT 192,0,2,1,195,81\r\n");
  EXPECT_EQ(Command::pret(Command::list()).wire(), "PRET LIST\r\n");
}

TEST(Command, WireAndKind) {
  const auto p = path("/a b/-c; d");
  const Made table[] = {
      {Command::auth_tls(), Kind::login, "AUTH TLS\r\n"},
      {Command::user("jo ann").value(), Kind::login, "USER jo ann\r\n"},
      {Command::pbsz_0(), Kind::login, "PBSZ 0\r\n"},
      {Command::prot_p(), Kind::login, "PROT P\r\n"},
      {Command::prot_c(), Kind::login, "PROT C\r\n"},
      {Command::feat(), Kind::other, "FEAT\r\n"},
      {Command::opts_utf8_on(), Kind::other, "OPTS UTF8 ON\r\n"},
      {Command::type_image(), Kind::other, "TYPE I\r\n"},
      {Command::syst(), Kind::other, "SYST\r\n"},
      {Command::pwd(), Kind::other, "PWD\r\n"},
      {Command::noop(), Kind::other, "NOOP\r\n"},
      {Command::quit(), Kind::other, "QUIT\r\n"},
      {Command::abor(), Kind::other, "ABOR\r\n"},
      {Command::epsv(), Kind::passive, "EPSV\r\n"},
      {Command::pasv(), Kind::passive, "PASV\r\n"},
      {Command::cwd(p), Kind::inspect, "CWD /a b/-c; d\r\n"},
      {Command::list(), Kind::list, "LIST\r\n"},
      {Command::list_all(), Kind::list, "LIST -a\r\n"},
      {Command::mlsd(RemotePath()), Kind::list, "MLSD /\r\n"},
      {Command::mlst(p), Kind::inspect, "MLST /a b/-c; d\r\n"},
      {Command::size(p), Kind::inspect, "SIZE /a b/-c; d\r\n"},
      {Command::mdtm(p), Kind::inspect, "MDTM /a b/-c; d\r\n"},
      {Command::rest(18446744073709551615U), Kind::other, "REST 18446744073709551615\r\n"},
      {Command::retr(p), Kind::retrieve, "RETR /a b/-c; d\r\n"},
      {Command::stor(p), Kind::store, "STOR /a b/-c; d\r\n"},
      {Command::dele(p), Kind::remove, "DELE /a b/-c; d\r\n"},
      {Command::mkd(p), Kind::make_dir, "MKD /a b/-c; d\r\n"},
      {Command::rmd(p), Kind::remove_dir, "RMD /a b/-c; d\r\n"},
      {Command::rnfr(p), Kind::rename, "RNFR /a b/-c; d\r\n"},
      {Command::rnto(p), Kind::rename, "RNTO /a b/-c; d\r\n"},
      {Command::mfmt(kTime, p), Kind::set_attr, "MFMT 20240229010203 /a b/-c; d\r\n"},
      {Command::avbl(p), Kind::inspect, "AVBL /a b/-c; d\r\n"},
      {Command::site_quota(), Kind::other, "SITE QUOTA\r\n"},
      {Command::mff_modify(kTime, p), Kind::set_attr, "MFF Modify=20240229010203; /a b/-c; d\r\n"},
      {Command::site_utime_long(kTime, p), Kind::set_attr,
       "SITE UTIME /a b/-c; d 20240229010203 20240229010203 20240229010203 UTC\r\n"},
      {Command::mdtm_set(kTime, p), Kind::set_attr, "MDTM 20240229010203 /a b/-c; d\r\n"},
      {Command::site_utime(kTime, p), Kind::set_attr, "SITE UTIME 20240229010203 /a b/-c; d\r\n"},
      {Command::site_chmod(0644, p), Kind::set_attr, "SITE CHMOD 644 /a b/-c; d\r\n"},
      {Command::site_chmod(04755, p), Kind::set_attr, "SITE CHMOD 4755 /a b/-c; d\r\n"},
      {Command::site_chmod(0100007, p), Kind::set_attr, "SITE CHMOD 007 /a b/-c; d\r\n"},
  };
  for (const auto& [command, kind, wire] : table) {
    EXPECT_EQ(command.wire(), wire);
    EXPECT_EQ(command.kind(), kind) << wire;
    EXPECT_EQ(command.loggable(), wire.substr(0, wire.size() - 2));
  }
}

TEST(Command, FreeTextNeverSmugglesACommand) {
  for (const std::string_view text : {std::string_view("x\r\nDELE /y"), std::string_view("x\n"),
                                      std::string_view("\r"), std::string_view("x\0y", 3)}) {
    EXPECT_EQ(Command::user(text).error().code, Errc::invalid_argument);
    const auto refused = Command::pass(Secret(std::string(text)));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  }
  EXPECT_EQ(Command::user("").error().code, Errc::invalid_argument);
  EXPECT_EQ(Command::user(std::string(5000, 'u')).error().code, Errc::invalid_argument);
  EXPECT_EQ(Command::pass(Secret(std::string(5000, 'p'))).error().code, Errc::invalid_argument);
}

TEST(Command, EveryByteOfANameOrAPasswordIsCheckedOrSent) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    const bool sendable = byte != 0 && byte != '\r' && byte != '\n';
    const auto user = Command::user(text);
    ASSERT_EQ(user.has_value(), sendable) << byte;
    if (sendable) {
      EXPECT_EQ(user->wire(), "USER " + text + "\r\n");
    }
  }
}

TEST(Command, PasswordIsMasked) {
  auto pass = Command::pass(Secret("hunter2")).value();
  EXPECT_EQ(pass.wire(), "PASS hunter2\r\n");
  EXPECT_EQ(pass.loggable(), "PASS ***");
  const Command moved = std::move(pass);
  EXPECT_EQ(moved.wire(), "PASS hunter2\r\n");
  EXPECT_EQ(moved.loggable(), "PASS ***");
  EXPECT_EQ(Command::pass(Secret()).value().wire(), "PASS \r\n");
}

TEST(Command, MovedSecretLeavesNothingBehind) {
  auto short_pass = Command::pass(Secret("abc")).value();  // fits into the string object itself
  const char* const bytes = short_pass.wire().data();
  const Command moved = std::move(short_pass);
  EXPECT_EQ(std::string_view(bytes, 10).find("abc"), std::string_view::npos);
  auto assigned = Command::noop();
  assigned = Command::pass(Secret("abc")).value();
  EXPECT_EQ(assigned.loggable(), "PASS ***");
  assigned = Command::noop();
  EXPECT_EQ(assigned.loggable(), "NOOP");
}

TEST(Command, LogIsOneLine) {
  EXPECT_EQ(Command::dele(path("/a\x1b[2J\t\\")).loggable(), R"(DELE /a\x1b[2J\x09\\)");
  EXPECT_EQ(Command::user("u\x7f").value().loggable(), R"(USER u\x7f)");
}

static_assert(!std::is_copy_constructible_v<Command> && !std::is_copy_assignable_v<Command>);

}  // namespace
}  // namespace ftpsfs::ftp
