#include "../personality.h"

namespace ftpsfs::testing {

// pyftpdlib 1.5.7 with TLS_FTPHandler, measured: a ClientHello before the command costs the data connection, a cut
// upload is confirmed, "-a" is a path, links are followed, REST blocks APPE. PROT before PBSZ from handlers/ftps.
Personality pyftpdlib() {
  Personality p;
  p.name = "pyftpdlib";
  p.greeting = {"pyftpdlib 1.5.7 ready."};
  p.feature_head = "211-Features supported:";
  p.features = {"AUTH SSL",
                "AUTH TLS",
                "EPRT",
                "EPSV",
                "MDTM",
                "MFMT",
                "MLST type*;perm*;size*;modify*;unique*;unix.mode;unix.uid;unix.gid;",
                "PBSZ",
                "PROT",
                "REST STREAM",
                "SIZE",
                "TVFS",
                "UTF8"};
  p.feature_tail = "211 End FEAT.";
  p.missing_verbs = {"SITE UTIME"};
  p.error_templates = {{"", "550 {error}."},
                       {"MLSD", "501 No such directory."},
                       {"RETR EISDIR", "550 {path} is not retrievable."},
                       {"SIZE EISDIR", "550 {path} is not retrievable."},
                       {"MDTM EISDIR", "550 {path} is not retrievable"}};
  p.early_hello = EarlyHello::reset;
  p.needs_pbsz = true;
  p.download_end = DownloadEnd::reply_first;
  p.rest_beyond_end = false;
  p.rest_survives_commands = true;
  p.append_after_rest = false;
  p.mdtm_sets = false;
  p.mfmt_of_directory = false;  // "not retrievable"
  p.mdtm_of_directory = false;
  p.list_takes_options = false;
  p.list_shows_hidden = true;
  p.list_missing = MissingListing::refused;
  p.list_follows_links = true;
  p.stat_shows_dots = false;
  p.stat_missing_is_empty = false;
  p.mlst_facts = {"modify", "perm", "size", "type", "unique"};
  p.mlsd_shows_dots = false;
  p.mlsd_links = LinkFact::follow;
  p.mlst_links = LinkFact::follow;
  p.texts.auth = "234 AUTH TLS successful.";
  p.texts.user = "331 Username ok, send password.";
  p.texts.bad_login = "530 Authentication failed.";
  p.texts.clear_user = "550 SSL/TLS required on the control channel.";
  p.texts.unprotected_data = "550 SSL/TLS required on the data channel.";
  p.texts.unknown = "500 Command not understood.";
  p.texts.data_is_open = "125 Data connection already open. Transfer starting.";
  p.texts.retr_start = "150 File status okay. About to open data connection.";
  p.texts.stor_start = "150 File status okay. About to open data connection.";
  p.texts.list_start = "150 File status okay. About to open data connection.";
  p.texts.list_done = "226 Transfer complete.";
  p.texts.send_failed = "426 Transfer aborted; 65536 bytes transmitted.";
  p.texts.receive_failed = "226 Transfer complete.";
  p.texts.deleted = "250 File removed.";
  p.texts.abort = "225 No transfer to abort.";
  p.texts.opts_utf8 = "501 Invalid argument.";
  p.texts.opts_mlst = "200 MLST OPTS type;perm;size;modify;unique;";
  p.texts.rest_beyond_end = "554 Invalid REST parameter";
  return p;
}

}  // namespace ftpsfs::testing
