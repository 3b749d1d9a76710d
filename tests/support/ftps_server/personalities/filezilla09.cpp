#include "../personality.h"

namespace ftpsfs::testing {

// FileZilla Server 0.9.60, from its source: ControlSocket.cpp (AUTH, quotes, LIST options, texts), TransferSocket.cpp
// and AsyncSslSocketLayer.cpp (resumption, handshake at accept), Permissions.cpp (listings). With the option that
// demands resumption.
Personality filezilla09() {
  Personality p;
  p.name = "filezilla09";
  p.greeting = {"FileZilla Server 0.9.60 beta", "written by Tim Kosse (tim.kosse@filezilla-project.org)",
                "Please visit https://filezilla-project.org/"};
  p.features = {"MDTM", "REST STREAM", "SIZE",     "MLST type*;size*;modify*;",
                "MLSD", "AUTH SSL",    "AUTH TLS", "PROT",
                "PBSZ", "UTF8",        "CLNT",     "MFMT",
                "EPSV", "EPRT"};
  p.missing_verbs = {"SITE", "STAT"};
  p.error_templates = {{"", "550 File not found"},
                       {"CWD", "550 CWD failed. \"{path}\": directory not found."},
                       {"MLSD", "550 Directory not found."},
                       {"LIST", "550 Directory not found."},
                       {"MLST", "550 File or directory not found."},
                       {"DELE EISDIR", "550 File not found"},
                       {"MKD", "550 Directory already exists"},
                       {"MKD ENOENT", "550 Can't create directory. Permission denied"},
                       {"RMD", "550 Directory not found."},
                       {"RMD ENOTEMPTY", "550 Directory not empty."},
                       {"RNFR", "550 file/directory not found"},
                       {"RNTO EEXIST", "553 file exists"},
                       {"RNTO", "550 rename failed"},
                       {"STOR", "550 can't access file."},
                       {"APPE", "550 can't access file."},
                       {" EINVAL", "550 Filename invalid"}};
  p.tls.data_tickets = 0;
  p.resumption = Resumption::own_session;
  p.data_tls_start = DataTlsStart::at_accept;
  p.auth_leftover = AuthLeftover::reject;
  p.download_end = DownloadEnd::reply_first;
  p.rename_over_existing = false;
  p.mdtm_sets = false;
  p.windows_names = true;
  p.strips_quotes = true;
  p.list_shows_hidden = true;
  p.list_all_shows_dots = false;
  p.list_missing = MissingListing::refused;
  p.list_follows_links = true;
  p.year_rule = YearRule::older_than_350_days;
  p.list_zone_minutes = 60;
  p.mlst_facts = {"type", "modify", "size"};
  p.mlsd_shows_dots = false;
  p.mlsd_links = LinkFact::follow;
  p.mlst_links = LinkFact::follow;
  p.texts.auth = "234 Using authentication type TLS";
  p.texts.user = "331 Password required for ftpt";
  p.texts.login = "230 Logged on";
  p.texts.bad_login = "530 Login or password incorrect!";
  p.texts.clear_user = "530 This server does not allow plain FTP. You have to use FTP over TLS.";
  p.texts.unknown = "500 Syntax error, command unrecognized.";
  p.texts.unprotected_data = "521 PROT P required";
  p.texts.no_passive = "503 Bad sequence of commands.";
  p.texts.not_resumed =
      "450 TLS session of data connection has not resumed or the session does not match the control "
      "connection";
  p.texts.handshake_failed = "425 Can't open data connection for transfer";
  p.texts.retr_start = "150 Opening data channel for file download from server of \"{path}\"";
  p.texts.stor_start = "150 Opening data channel for file upload to server of \"{path}\"";
  p.texts.list_start = "150 Opening data channel for directory listing";
  p.texts.retr_done = "226 Successfully transferred";
  p.texts.stor_done = "226 Successfully transferred";
  p.texts.list_done = "226 Successfully transferred";
  p.texts.send_failed = "426 Connection closed; transfer aborted.";
  p.texts.receive_failed = "426 Connection closed; transfer aborted.";
  p.texts.deleted = "250 File deleted successfully";
  p.texts.abort = "226 ABOR command successful";
  p.texts.opts_utf8 = "202 UTF8 mode is always enabled. No need to send this command.";
  p.texts.opts_mlst = "200 MLST OPTS type;size;modify;";
  p.texts.syst = "215 UNIX emulated by FileZilla";
  return p;
}

}  // namespace ftpsfs::testing
