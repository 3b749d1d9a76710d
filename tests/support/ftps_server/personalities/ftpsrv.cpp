#include "../personality.h"

namespace ftpsfs::testing {

// ftp-srv 4.6.3 on Node 20, measured: handshake before the 150, no resumption ever, an answer to PWD before those that
// an ABOR is owed, SIZE of directories and not of empty files, MKD that confirms and makes whatever is missing, DELE and
// RMD that remove either type.
Personality ftpsrv() {
  Personality p;
  p.name = "ftpsrv";
  p.greeting = {"Ready"};
  p.feature_head = "211-Extensions supported";
  p.features = {"AUTH TLS", "MDTM", "PBSZ", "PROT", "SIZE", "TYPE A,I,L", "UTF8"};
  p.missing_verbs = {"MLSD", "MLST", "MFMT", "SITE UTIME"};
  p.error_templates = {
      {"", "550 {error}"}, {"RETR", "551 {error}"}, {"LIST", "451 {error}"}, {"STAT", "450 {error}"}};
  p.resumption = Resumption::never;
  p.data_tls_start = DataTlsStart::before_reply;
  p.auth_ssl = false;
  p.abort_replies = AbortReplies::late;
  p.rest_survives_commands = true;
  p.mkd_of_existing = true;
  p.removes_any_type = true;
  p.mkd_makes_parents = true;
  p.mdtm_sets = false;
  p.size_of_directory = SizeOfDirectory::number;
  p.size_of_empty_file = false;
  p.strips_quotes = true;
  p.list_shows_hidden = true;
  p.list_missing = MissingListing::refused;
  p.list_follows_links = true;
  p.stat_shows_dots = false;
  p.stat_missing_is_empty = false;
  p.texts.auth = "234 Honored";
  p.texts.user = "331 Username okay, awaiting password";
  p.texts.login = "230 User logged in, proceed";
  p.texts.bad_login = "530 bad";
  p.texts.unknown = "502 Command not allowed";
  p.texts.retr_start = "150 Awaiting passive connection";
  p.texts.stor_start = "150 Awaiting passive connection";
  p.texts.list_start = "150 Awaiting passive connection";
  p.texts.retr_done = "226 Transfer successful";
  p.texts.stor_done = "226 {path}";
  p.texts.list_done = "226 Transfer OK";
  p.texts.send_failed = "551 read ECONNRESET";
  p.texts.receive_failed = "550 read ECONNRESET";
  p.texts.no_connection = "425 No connection established";
  p.texts.handshake_failed = "425 No connection established";
  p.texts.deleted = "250 Requested file action okay, completed";
  p.texts.abort = "225 No active connection";
  p.texts.opts_utf8 = "200 UTF8 encoding on";
  p.texts.opts_mlst = "501 Unknown option";
  return p;
}

}  // namespace ftpsfs::testing
