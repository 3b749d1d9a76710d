#include "../personality.h"

namespace ftpsfs::testing {

// Pure-FTPd 1.0.50, measured on Debian 12.
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
  p.commands_meanwhile = CommandsMeanwhile::refused;
  p.abort_replies = AbortReplies::abort_only;
  p.rest_store = RestStore::truncate;
  p.rest_beyond_end = false;
  p.rest_survives_commands = true;
  p.mdtm_sets = false;
  p.mdtm_of_directory = false;
  p.year_rule = YearRule::older;
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

}  // namespace ftpsfs::testing
