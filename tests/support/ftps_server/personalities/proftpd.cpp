#include "../personality.h"

namespace ftpsfs::testing {

// ProFTPD 1.3.8 with mod_tls and AllowOverwrite, measured on Debian 12.
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
  p.commands_meanwhile = CommandsMeanwhile::executed;  // data.c, poll_ctrl
  p.rest_beyond_end = false;
  p.mdtm_sets = false;
  p.mdtm_of_directory = false;
  p.year_rule = YearRule::older;
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

}  // namespace ftpsfs::testing
