#include "../personality.h"

namespace ftpsfs::testing {

// FileZilla Server 1.x. Measured on 1.7.3 (texts, FEAT, listings, 425 for EPSV, DELE and MKD that confirm what they
// have not done); the rest from its source: ftp/commander.cpp (AUTH, PROT, five 5yz), ftp/session.cpp (tickets, ALPN),
// tvfs/entry.cpp (perms).
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
      {"CWD", "550 Couldn't open the directory"},      {"MLSD ENOTDIR", "501 Not a directory"}};
  p.tls.control_tickets = 0;
  p.tls.data_tickets = 0;
  p.tls.ticket_per_passive = true;
  p.tls.own_ticket_keys = true;
  p.tls.selects_alpn = true;
  p.resumption = Resumption::own_session;
  p.data_tls_start = DataTlsStart::at_accept;
  p.auth_leftover = AuthLeftover::reject;
  p.download_end = DownloadEnd::reply_first;
  p.most_early_errors = 5;
  p.epsv_fails_every = 7;  // with few passive ports, under fast transfers
  p.delete_of_missing = true;
  p.mkd_of_existing = true;
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

}  // namespace ftpsfs::testing
