#include "ftpsfs/ftp/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ftpsfs/ftp/timestamp.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using model::RemotePath;

namespace {

constexpr std::size_t kLongestFreeText = 1000;  // bytes; known servers read at least 4096 per command

std::string line(std::string_view verb) { return fmt::format("{}\r\n", verb); }

// Paths are absolute, so none is ever taken for an option ("-a") or for vsftpd's "MDTM <time> name".
std::string line(std::string_view verb, const RemotePath& path) {
  return fmt::format("{} {}\r\n", verb, path.str());
}

std::string line(std::string_view verb, base::SystemTime time, const RemotePath& path) {
  return fmt::format("{} {} {}\r\n", verb, format_timestamp(time), path.str());
}

Status check_free_text(std::string_view text, std::string_view what) {
  if (text.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos) {
    return fail(Errc::invalid_argument,
                fmt::format("the {} contains CR, LF or NUL, which FTP cannot carry", what));
  }
  if (text.size() > kLongestFreeText) {
    return fail(Errc::invalid_argument,
                fmt::format("the {} is longer than {} bytes", what, kLongestFreeText));
  }
  return {};
}

}  // namespace

Command::Command(Kind kind, std::string wire, bool secret)
    : kind_(kind), wire_(std::move(wire)), secret_(secret) {}

Command::~Command() {
  if (secret_) base::wipe(wire_);
}

// A moved-from short string keeps its bytes, so a secret source is wiped here and not only when it ends.
Command::Command(Command&& other) noexcept
    : kind_(other.kind_), wire_(std::move(other.wire_)), secret_(other.secret_) {
  if (secret_) base::wipe(other.wire_);
}

Command& Command::operator=(Command&& other) noexcept {
  if (this == &other) return *this;
  if (secret_) base::wipe(wire_);
  kind_ = other.kind_;
  wire_ = std::move(other.wire_);
  secret_ = other.secret_;
  if (secret_) base::wipe(other.wire_);
  return *this;
}

std::string Command::loggable() const {
  if (secret_) return "PASS ***";
  std::string_view shown = wire_;
  if (shown.ends_with("\r\n")) shown.remove_suffix(2);
  return base::printable(shown);
}

Command Command::auth_tls() { return {Kind::login, line("AUTH TLS")}; }
Command Command::auth_ssl() { return {Kind::login, line("AUTH SSL")}; }

Result<Command> Command::user(std::string_view name) {
  if (name.empty()) return fail(Errc::invalid_argument, "the user name is empty");
  if (auto ok = check_free_text(name, "user name"); !ok) return fail(std::move(ok));
  return Command(Kind::login, fmt::format("USER {}\r\n", name));
}

Result<Command> Command::pass(const base::Secret& password) {
  const auto text = password.reveal();
  if (auto ok = check_free_text(text, "password"); !ok) return fail(std::move(ok));
  std::string wire;
  wire.reserve(text.size() + 7);  // no growth, which would leave a copy behind
  wire += "PASS ";
  wire += text;
  wire += "\r\n";
  return Command(Kind::login, std::move(wire), true);
}

Command Command::pbsz_0() { return {Kind::login, line("PBSZ 0")}; }
Command Command::prot_p() { return {Kind::login, line("PROT P")}; }
Command Command::prot_c() { return {Kind::login, line("PROT C")}; }
Command Command::feat() { return {Kind::other, line("FEAT")}; }
Command Command::opts_utf8_on() { return {Kind::other, line("OPTS UTF8 ON")}; }
Command Command::clnt() { return {Kind::other, line("CLNT ftpsfs")}; }
Command Command::type_image() { return {Kind::other, line("TYPE I")}; }
Command Command::syst() { return {Kind::other, line("SYST")}; }
Command Command::pwd() { return {Kind::other, line("PWD")}; }
Command Command::noop() { return {Kind::other, line("NOOP")}; }
Command Command::quit() { return {Kind::other, line("QUIT")}; }
Command Command::abor() { return {Kind::other, line("ABOR")}; }
Command Command::epsv() { return {Kind::passive, line("EPSV")}; }
Command Command::pasv() { return {Kind::passive, line("PASV")}; }

Command Command::pret(const Command& data_command) {
  return {Kind::passive, fmt::format("PRET {}", data_command.wire())};
}

Command Command::eprt(const net::SocketAddress& address) {
  return {Kind::passive,
          fmt::format("EPRT |{}|{}|{}|\r\n", address.is_ipv6() ? 2 : 1, address.host(), address.port())};
}

Command Command::port(const net::SocketAddress& address) {
  std::string numbers = address.host();
  std::ranges::replace(numbers, '.', ',');
  return {Kind::passive,
          fmt::format("PORT {},{},{}\r\n", numbers, address.port() / 256, address.port() % 256)};
}

Command Command::cwd(const RemotePath& path) { return {Kind::inspect, line("CWD", path)}; }
Command Command::list() { return {Kind::list, line("LIST")}; }
Command Command::stat_all() { return {Kind::list, line("STAT -a")}; }

Command Command::list_all() { return {Kind::list, line("LIST -a")}; }
Command Command::mlsd(const RemotePath& path) { return {Kind::list, line("MLSD", path)}; }
Command Command::mlst(const RemotePath& path) { return {Kind::inspect, line("MLST", path)}; }
Command Command::size(const RemotePath& path) { return {Kind::inspect, line("SIZE", path)}; }
Command Command::mdtm(const RemotePath& path) { return {Kind::inspect, line("MDTM", path)}; }
Command Command::rest(std::uint64_t offset) { return {Kind::other, fmt::format("REST {}\r\n", offset)}; }
Command Command::rang(std::uint64_t first, std::uint64_t last) {
  return {Kind::other, fmt::format("RANG {} {}\r\n", first, last)};
}
Command Command::retr(const RemotePath& path) { return {Kind::retrieve, line("RETR", path)}; }
Command Command::stor(const RemotePath& path) { return {Kind::store, line("STOR", path)}; }
Command Command::appe(const RemotePath& path) { return {Kind::store, line("APPE", path)}; }
Command Command::dele(const RemotePath& path) { return {Kind::remove, line("DELE", path)}; }
Command Command::mkd(const RemotePath& path) { return {Kind::make_dir, line("MKD", path)}; }
Command Command::rmd(const RemotePath& path) { return {Kind::remove_dir, line("RMD", path)}; }
Command Command::rnfr(const RemotePath& path) { return {Kind::rename, line("RNFR", path)}; }
Command Command::rnto(const RemotePath& path) { return {Kind::rename, line("RNTO", path)}; }

Command Command::mfmt(base::SystemTime modified, const RemotePath& path) {
  return {Kind::set_attr, line("MFMT", modified, path)};
}

// "Modify" is the only fact that is changed.
Command Command::mff_modify(base::SystemTime modified, const RemotePath& path) {
  return {Kind::set_attr, fmt::format("MFF Modify={}; {}\r\n", format_timestamp(modified), path.str())};
}

Command Command::mdtm_set(base::SystemTime modified, const RemotePath& path) {
  return {Kind::set_attr, line("MDTM", modified, path)};
}

Command Command::site_utime(base::SystemTime modified, const RemotePath& path) {
  return {Kind::set_attr, line("SITE UTIME", modified, path)};
}

Command Command::site_utime_long(base::SystemTime modified, const RemotePath& path) {
  const std::string time = format_timestamp(modified);
  return {Kind::set_attr, fmt::format("SITE UTIME {} {} {} {} UTC\r\n", path.str(), time, time, time)};
}

Command Command::site_chmod(std::uint32_t mode, const RemotePath& path) {
  // pyftpdlib wants three or four digits.
  return {Kind::set_attr, fmt::format("SITE CHMOD {:03o} {}\r\n", mode & 07777U, path.str())};
}

Command Command::site_symlink(const RemotePath& target, const RemotePath& link) {
  return {Kind::set_attr, fmt::format("SITE SYMLINK {} {}\r\n", target.str(), link.str())};
}

Command Command::avbl(const RemotePath& path) { return {Kind::inspect, line("AVBL", path)}; }
Command Command::site_quota() { return {Kind::other, line("SITE QUOTA")}; }

}  // namespace ftpsfs::ftp
