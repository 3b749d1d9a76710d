#include "../personality.h"

namespace ftpsfs::testing {

namespace {

// The FTP service of IIS 7 to 10. FEAT as recorded by other clients; listings, MDTM, SIZE of directories and rename from
// WinSCP's handling of it and from Microsoft's reference (fileHandling, directoryBrowse); 226 before the end of the data
// from KB 2505047; uploads that wait for the TCP close from reports to curl. The messages are Windows' own.
Personality microsoft() {
  Personality p;
  p.greeting = {"Microsoft FTP Service"};
  p.feature_head = "211-Extended features supported:";
  p.features = {
      "LANG EN*", "UTF8",       "AUTH TLS;TLS-C;SSL;TLS-P;", "PBSZ", "PROT C;P;", "CCC", "HOST", "SIZE",
      "MDTM",     "REST STREAM"};
  p.feature_tail = "211 END";
  p.missing_verbs = {"MLSD", "MLST", "MFMT", "SITE CHMOD", "SITE UTIME"};
  p.error_templates = {{"", "550 {error} "},
                       {"CWD ENOTDIR", "550 The directory name is invalid. "},
                       {"RMD ENOTDIR", "550 The directory name is invalid. "},
                       {"MDTM EISDIR", "550 The parameter is incorrect. "}};
  p.error_texts = {{2, "The system cannot find the file specified."},                           // ENOENT
                   {13, "Access is denied."},                                                   // EACCES
                   {17, "Cannot create a file when that file already exists."},                 // EEXIST
                   {20, "The system cannot find the path specified."},                          // ENOTDIR
                   {21, "Access is denied."},                                                   // EISDIR
                   {22, "The filename, directory name, or volume label syntax is incorrect."},  // EINVAL
                   {39, "The directory is not empty."}};                                        // ENOTEMPTY
  p.tls.data_tickets = 0;
  p.download_end = DownloadEnd::reply_before_data;
  p.upload_waits_for_fin = true;
  p.upload_answers_close_notify = false;
  p.rename_over_existing = false;
  p.mdtm_of_directory = false;
  p.size_of_directory = SizeOfDirectory::several_lines;
  p.windows_names = true;
  p.utf8_needs_opts = true;
  p.list_shows_hidden = true;
  p.list_all_shows_dots = false;
  p.list_missing = MissingListing::refused;
  p.list_follows_links = true;
  p.stat_missing_is_empty = false;
  p.texts.auth = "234 AUTH command ok. Expecting TLS Negotiation.";
  p.texts.user = "331 Password required";
  p.texts.login = "230 User logged in.";
  p.texts.bad_login = "530 User cannot log in.";
  p.texts.clear_user = "534 Policy requires SSL.";
  p.texts.not_logged_in = "530 Please login with USER and PASS.";
  p.texts.unknown = "500 Command not understood.";
  p.texts.unprotected_data = "534 Policy requires SSL.";
  p.texts.no_passive = "425 Cannot open data connection.";
  p.texts.no_connection = "425 Cannot open data connection.";
  p.texts.data_is_open = "125 Data connection already open; Transfer starting.";
  p.texts.retr_start = "150 Opening BINARY mode data connection.";
  p.texts.stor_start = "150 Opening BINARY mode data connection.";
  p.texts.list_start = "150 Opening BINARY mode data connection.";
  p.texts.retr_done = "226 Transfer complete.";
  p.texts.list_done = "226 Transfer complete.";
  p.texts.send_failed = "426 Connection closed; transfer aborted.";
  p.texts.receive_failed = "426 Connection closed; transfer aborted.";
  p.texts.deleted = "250 DELE command successful.";
  p.texts.modified_by_mdtm = "213 File modification time set.";
  p.texts.abort = "226 ABOR command successful.";
  p.texts.opts_utf8 = "200 OPTS UTF8 command successful - UTF8 encoding now ON.";
  p.texts.syst = "215 Windows_NT";
  p.texts.rest_beyond_end = "551 The parameter is incorrect.";
  return p;
}

}  // namespace

Personality iis() {
  Personality p = microsoft();
  p.name = "iis";
  p.list_style = ListStyle::dos;
  p.list_zone_minutes = 120;
  return p;
}

Personality iis_unix() {
  Personality p = microsoft();
  p.name = "iis_unix";
  p.year_rule = YearRule::other_calendar_year;
  p.list_zone_minutes = -300;
  p.error_templates[""] =
      "550-{error} \r\n Win32 error:   {error} \r\n Error details: File system returned an error.\r\n550 End";
  return p;
}

}  // namespace ftpsfs::testing
