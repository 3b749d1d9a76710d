#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/error.h"
#include "ftpsfs/base/secret.h"
#include "ftpsfs/model/remote_path.h"
#include "ftpsfs/net/socket_address.h"

namespace ftpsfs::ftp {

// One command line. Made only by the named factories below, so that no argument ever smuggles a second
// command: free text is checked for CR, LF and NUL, paths are model::RemotePath, which cannot hold them.
class Command {
 public:
  // What the command is about, for the reply's classification.
  enum class Kind {
    other,       // session commands: FEAT, NOOP, TYPE, PWD, REST, …
    login,       // AUTH, USER, PASS, PBSZ, PROT
    passive,     // PRET, EPSV, PASV, EPRT, PORT
    inspect,     // SIZE, MDTM, MLST, STAT, CWD
    list,        // MLSD, LIST
    retrieve,    // RETR
    store,       // STOR, APPE
    remove,      // DELE
    make_dir,    // MKD
    remove_dir,  // RMD
    rename,      // RNFR, RNTO
    set_attr,    // MFMT, MFF, MDTM with time, SITE CHMOD, SITE UTIME
  };

  static Command auth_tls();
  static Command auth_ssl();
  static base::Result<Command> user(std::string_view name);
  static base::Result<Command> pass(const base::Secret& password);
  static Command pbsz_0();
  static Command prot_p();
  static Command prot_c();
  static Command feat();
  static Command opts_utf8_on();
  static Command clnt();  // our name; some servers take OPTS UTF8 only behind it
  static Command type_image();
  static Command syst();
  static Command pwd();
  static Command noop();
  static Command quit();
  static Command abor();
  static Command epsv();
  static Command pasv();
  static Command pret(const Command& data_command);        // what EPSV or PASV will be for
  static Command eprt(const net::SocketAddress& address);  // RFC 2428
  static Command port(const net::SocketAddress& address);  // RFC 959; IPv4 only
  static Command cwd(const model::RemotePath& path);
  static Command list();      // the current directory, without an argument
  static Command list_all();  // LIST -a
  static Command stat_all();  // STAT -a, which lists on the control connection
  static Command mlsd(const model::RemotePath& path);
  static Command mlst(const model::RemotePath& path);
  static Command size(const model::RemotePath& path);
  static Command mdtm(const model::RemotePath& path);
  static Command rest(std::uint64_t offset);
  static Command rang(std::uint64_t first, std::uint64_t last);  // RETR's bytes, both included (ProFTPD)
  static Command retr(const model::RemotePath& path);
  static Command stor(const model::RemotePath& path);
  static Command appe(const model::RemotePath& path);
  static Command dele(const model::RemotePath& path);
  static Command mkd(const model::RemotePath& path);
  static Command rmd(const model::RemotePath& path);
  static Command rnfr(const model::RemotePath& path);
  static Command rnto(const model::RemotePath& path);
  static Command mfmt(base::SystemTime modified, const model::RemotePath& path);
  static Command mff_modify(base::SystemTime modified, const model::RemotePath& path);  // ProFTPD, Serv-U
  static Command mdtm_set(base::SystemTime modified, const model::RemotePath& path);    // vsftpd, IIS
  static Command site_utime(base::SystemTime modified,
                            const model::RemotePath& path);  // ProFTPD, Pure-FTPd short form
  // The same with access, modification and change time behind the path, all set to `modified`.
  static Command site_utime_long(base::SystemTime modified, const model::RemotePath& path);
  static Command site_chmod(std::uint32_t mode, const model::RemotePath& path);
  // ProFTPD's mod_site_misc, SFTPGo. Neither may hold a blank: they are split there.
  static Command site_symlink(const model::RemotePath& target, const model::RemotePath& link);
  static Command avbl(const model::RemotePath& path);
  static Command site_quota();

  ~Command();
  Command(Command&&) noexcept;
  Command& operator=(Command&&) noexcept;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  // The same once more, for a command that is to be repeated.
  Command duplicate() const { return {kind_, wire_, secret_}; }

  // The line to send, CR LF included. Wiped at destruction when it holds a password.
  std::string_view wire() const { return wire_; }

  // The line for the log and for errors: no CR LF, PASS masked, control characters escaped.
  std::string loggable() const;

  Kind kind() const { return kind_; }

 private:
  Command(Kind kind, std::string wire, bool secret = false);

  Kind kind_;
  std::string wire_;
  bool secret_;
};

}  // namespace ftpsfs::ftp
