#include "personality.h"

#include <array>

namespace ftpsfs::testing {

namespace {

using Factory = Personality (*)();

struct NamedFactory {
  const char* name;
  Factory make;
};

constexpr std::array<NamedFactory, 5> kFactories{{{"permissive", permissive},
                                                  {"vsftpd", strict_vsftpd},
                                                  {"filezilla", strict_filezilla},
                                                  {"proftpd", proftpd},
                                                  {"pureftpd", pureftpd}}};

}  // namespace

Personality permissive() {
  Personality p;
  p.features = {"AUTH TLS",
                "AUTH SSL",
                "EPSV",
                "PASV",
                "MDTM",
                "MFMT",
                "MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;UNIX.uid*;UNIX.gid*;",
                "MLSD",
                "PBSZ",
                "PROT",
                "REST STREAM",
                "SITE CHMOD",
                "SITE UTIME",
                "SIZE",
                "TVFS",
                "UTF8"};
  p.texts.opts_mlst = "200 MLST OPTS type;size;modify;perm;unique;UNIX.mode;UNIX.uid;UNIX.gid;";
  return p;
}

Personality strict_vsftpd() {
  Personality p;
  p.name = "vsftpd";
  p.greeting = {"(vsFTPd 3.0.3)"};
  p.features = {"AUTH TLS", "EPRT", "EPSV", "MDTM", "PASV", "PBSZ", "PROT", "REST STREAM", "SIZE", "TVFS"};
  p.missing_verbs = {"MLSD", "MLST", "MFMT", "SITE UTIME"};
  p.error_templates = {{"", "550 Failed."},
                       {"RETR", "550 Failed to open file."},
                       {"STOR", "553 Could not create file."},
                       {"APPE", "553 Could not create file."},
                       {"CWD", "550 Failed to change directory."},
                       {"DELE", "550 Delete operation failed."},
                       {"MKD", "550 Create directory operation failed."},
                       {"RMD", "550 Remove directory operation failed."},
                       {"RNFR", "550 RNFR command failed."},
                       {"RNTO", "550 Rename failed."},
                       {"SIZE", "550 Could not get file size."},
                       {"MDTM", "550 Could not get file modification time."},
                       {"SITE CHMOD", "550 SITE CHMOD command failed."}};
  p.tls.groups = "P-256";
  // Real vsftpd takes any session of its own making where tickets are used; the strictest of its settings counts here.
  p.resumption = Resumption::own_session;
  p.refusal_effect = RefusalEffect::close_control;
  p.handshake_failure_effect = RefusalEffect::close_control;
  p.texts.not_resumed = "522 SSL connection failed: session reuse required";
  p.texts.handshake_failed = "500 OOPS: handshake failed";
  p.clear_user_closes = true;
  p.download_end = DownloadEnd::reply_after_client_close;
  p.upload_needs_close_notify = true;
  p.rest_survives_commands = true;
  p.mdtm_of_directory = false;
  return p;
}

Personality strict_filezilla() {
  Personality p;
  p.name = "filezilla";
  p.greeting = {"FileZilla Server 1.7.3", "Please visit https://filezilla-project.org/"};
  p.features = {"MDTM", "REST STREAM", "SIZE",     "MLST type*;size*;modify*;perm*;",
                "MLSD", "AUTH SSL",    "AUTH TLS", "PROT",
                "PBSZ", "UTF8",        "TVFS",     "EPSV",
                "EPRT", "MFMT"};
  p.missing_verbs = {"SITE"};
  p.error_templates = {
      {"", "550 Couldn't open the file or directory"}, {"RETR", "550 Couldn't open the file"},
      {"STOR", "550 Couldn't open the file"},          {"APPE", "550 Couldn't open the file"},
      {"MKD", "550 File or directory already exists"}, {"RMD", "550 Directory not empty."},
      {"CWD", "550 Couldn't open the directory"}};
  p.tls.control_tickets = 0;
  p.tls.data_tickets = 0;
  p.tls.ticket_per_passive = true;
  p.resumption = Resumption::own_session;
  p.data_tls_start = DataTlsStart::at_accept;
  p.auth_leftover = AuthLeftover::reject;
  p.download_end = DownloadEnd::reply_first;
  p.rest_store = RestStore::truncate;
  p.rest_beyond_end = false;
  p.mdtm_sets = false;
  p.list_takes_options = false;
  p.list_shows_hidden = true;
  p.list_missing = MissingListing::refused;
  p.link_targets_in_list = false;
  p.stat_code = 221;
  p.stat_leading_space = true;
  p.stat_shows_dots = false;
  p.stat_missing_is_empty = false;
  p.mlst_facts = {"type", "size", "modify", "perms"};
  p.mlsd_shows_dots = false;
  p.mlsd_links = LinkFact::unix_symlink;
  p.mlst_links = LinkFact::follow;
  p.texts.auth = "234 Using authentication type TLS.";
  p.texts.user = "331 Please, specify the password.";
  p.texts.clear_user = "503 Use AUTH first.";
  p.texts.unknown = "500 Wrong command.";
  p.texts.not_resumed = "425 Unable to build data connection: TLS session of data connection not resumed.";
  p.texts.handshake_failed = "425 Unable to build data connection: TLS handshake failed.";
  p.texts.retr_start = "150 About to start data transfer.";
  p.texts.stor_start = "150 About to start data transfer.";
  p.texts.list_start = "150 About to start data transfer.";
  p.texts.retr_done = "226 Operation successful";
  p.texts.stor_done = "226 Operation successful";
  p.texts.list_done = "226 Operation successful";
  p.texts.send_failed = "425 Error while transfering data: ECONNRESET - Connection reset by peer";
  p.texts.receive_failed = "425 Error while transfering data: ECONNRESET - Connection reset by peer";
  p.texts.abort = "226 ABOR command successful.";
  p.texts.opts_utf8 = "202 UTF8 mode is always enabled. No need to send this command.";
  p.texts.opts_mlst = "200 MLST OPTS typesizemodifyperm";
  p.texts.syst = "215 UNIX emulated by FileZilla.";
  p.texts.rest_beyond_end = "550 Couldn't open the file";
  return p;
}

Personality proftpd() {
  Personality p;
  p.name = "proftpd";
  p.greeting = {"ProFTPD Server (t) [127.0.0.1]"};
  p.features = {
      "AUTH TLS", "CCC",  "CLNT",
      "EPRT",     "EPSV", "HOST",
      "MDTM",     "MFMT", "MLST modify*;perm*;size*;type*;unique*;UNIX.group*;UNIX.mode*;UNIX.owner*;",
      "PBSZ",     "PROT", "REST STREAM",
      "SIZE",     "TVFS", "UTF8"};
  p.missing_verbs = {"SITE UTIME"};
  p.error_templates = {
      {"", "550 {path}: {error}"}, {"STAT", "450 {path}: {error}"}, {"LIST", "450 {path}: {error}"}};
  p.tls.data_tickets = 0;
  p.resumption = Resumption::own_session;
  p.auth_leftover = AuthLeftover::discard;
  p.download_end = DownloadEnd::reply_after_client_close;
  p.upload_waits_for_fin = true;
  p.rest_beyond_end = false;
  p.mdtm_sets = false;
  p.mdtm_of_directory = false;
  p.list_missing = MissingListing::refused_after_150;
  p.stat_code = 212;
  p.stat_leading_space = true;
  p.stat_missing_is_empty = false;
  p.mlst_facts = {"modify", "perm", "type", "unique", "size", "UNIX.group", "UNIX.mode", "UNIX.owner"};
  p.mlsd_links = LinkFact::unix_symlink;
  p.mlst_links = LinkFact::follow_type;
  p.texts.auth = "234 AUTH TLS successful";
  p.texts.clear_user = "550 SSL/TLS required on the control channel";
  p.texts.unprotected_data = "522 SSL/TLS required on the data channel";
  p.texts.send_failed = "426 Transfer aborted. Data connection closed";
  p.texts.receive_failed = "426 Transfer aborted. Data connection closed";
  p.texts.retr_done = "226 Transfer complete";
  p.texts.stor_done = "226 Transfer complete";
  p.texts.list_start = "150 Opening ASCII mode data connection for file list";
  p.texts.list_done = "226 Transfer complete";
  p.texts.abort = "226 Abort successful";
  p.texts.opts_utf8 = "200 UTF8 set to on";
  p.texts.opts_mlst = "200 MLST OPTS modify;perm;size;type;unique;UNIX.group;UNIX.mode;UNIX.owner;";
  p.texts.unknown = "500 Command not understood";
  return p;
}

Personality pureftpd() {
  Personality p;
  p.name = "pureftpd";
  p.greeting = {"--------- Welcome to Pure-FTPd [privsep] [TLS] ----------",
                "You are user number 1 of 45 allowed.", "IPv6 connections are also welcome on this server.",
                "You will be disconnected after 15 minutes of inactivity."};
  p.feature_head = "211-Extensions supported:";
  p.feature_tail = "211 End.";
  p.features = {
      "UTF8", "EPRT", "IDLE",        "MDTM",
      "SIZE", "MFMT", "REST STREAM", "MLST type*;size*;sizd*;modify*;UNIX.mode*;UNIX.uid*;UNIX.gid*;unique*;",
      "MLSD", "PRET", "AUTH TLS",    "PBSZ",
      "PROT", "TVFS", "ESTA",        "PASV",
      "EPSV"};
  p.error_templates = {{"", "550 Can't open {path}: {error}"},
                       {"CWD", "550 Can't change directory to {path}: {error}"},
                       {"DELE", "550 Could not delete {path}: {error}"},
                       {"MKD", "550 Can't create directory: {error}"},
                       {"RMD", "550 Can't remove directory: {error}"},
                       {"MLST", "550 Can't check for file existence"},
                       {"MLSD", "550 Can't check for file existence"},
                       {"SIZE", "550 Can't check for file existence"},
                       {"STOR", "553 Can't open that file: {error}"},
                       {"APPE", "553 Can't open that file: {error}"},
                       {"RNTO", "451 Rename/move failure: {error}"}};
  p.tls.groups = "P-256";
  p.tls.control_tickets = 0;
  p.tls.data_tickets = 0;
  p.handshake_failure_effect = RefusalEffect::close_control;
  p.auth_leftover = AuthLeftover::discard;
  p.auth_ssl = false;
  p.download_end = DownloadEnd::reply_first;
  p.abort_replies = AbortReplies::abort_only;
  p.rest_store = RestStore::truncate;
  p.rest_beyond_end = false;
  p.rest_survives_commands = true;
  p.mdtm_sets = false;
  p.mdtm_of_directory = false;
  p.stat_shows_dots = false;
  p.mlst_facts = {"type", "size", "sizd", "modify", "UNIX.mode", "UNIX.uid", "UNIX.gid", "unique"};
  p.mlsd_links = LinkFact::unix_slink;
  p.mlst_links = LinkFact::unix_slink;
  p.texts.auth = "234 AUTH TLS OK.";
  p.texts.user = "331 User OK. Password required";
  p.texts.login = "230 OK. Current directory is /";
  p.texts.bad_login = "530 Login authentication failed";
  p.texts.clear_user = "421 Sorry, cleartext sessions are not accepted on this server.";
  p.clear_user_closes = true;
  p.texts.unprotected_data = "521 Data connection cannot be opened with this PROT setting.";
  p.texts.unknown = "500 ?";
  p.texts.retr_start = "150 Accepted data connection";
  p.texts.stor_start = "150 Accepted data connection";
  p.texts.list_start = "150 Accepted data connection";
  p.texts.retr_done = "226-File successfully transferred\r\n226 0.000 seconds (measured here)";
  p.texts.stor_done = "226-File successfully transferred\r\n226 0.000 seconds (measured here)";
  p.texts.list_done = "226 Done";
  p.texts.send_failed = "150 0.013 seconds (measured here), 1.00 Mbytes per second";
  p.texts.receive_failed = "451 Connection reset by peer";
  p.texts.abort = "226 Since you see this ABOR must've succeeded";
  p.texts.opts_utf8 = "504 Unknown command";
  p.texts.opts_mlst = "200  MLST OPTS type;size;sizd;modify;UNIX.mode;UNIX.uid;UNIX.gid;unique;";
  return p;
}

std::optional<Personality> personality_by_name(std::string_view name) {
  for (const auto& factory : kFactories) {
    if (name == factory.name) return factory.make();
  }
  return std::nullopt;
}

std::vector<std::string> personality_names() {
  std::vector<std::string> names;
  for (const auto& factory : kFactories) names.emplace_back(factory.name);
  return names;
}

}  // namespace ftpsfs::testing
