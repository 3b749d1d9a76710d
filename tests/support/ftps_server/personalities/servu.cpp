#include "../personality.h"

namespace ftpsfs::testing {

// Serv-U 7 and later. FEAT as recorded by other clients, with four blanks before each feature. That MLSD of some
// versions shows nothing although MLST and LIST work is why rclone can be told to do without it.
Personality servu() {
  Personality p;
  p.name = "servu";
  p.greeting = {"Serv-U FTP Server v15.1 ready..."};
  p.feature_head = "211-Extensions supported:";
  p.feature_indent = "    ";
  p.features = {"OPTS MODE;MLST;UTF8",
                "CLNT",
                "CSID Name; Version;",
                "HOST domain",
                "SITE PSWD;SET;ZONE;CHMOD;MSG;EXEC;HELP",
                "AUTH TLS;SSL;TLS-C;TLS-P;",
                "PBSZ",
                "PROT",
                "CCC",
                "SSCN",
                "RMDA directoryname",
                "DSIZ",
                "AVBL",
                "EPRT",
                "EPSV",
                "MODE Z",
                "THMB BMP|JPEG|GIF|TIFF|PNG max_width max_height pathname",
                "REST STREAM",
                "SIZE",
                "MDTM",
                "MDTM YYYYMMDDHHMMSS[+-TZ];filename",
                "MFMT",
                "MFCT",
                "MFF Create;Modify;",
                "XCRC filename;start;end",
                "MLST Type*;Size*;Create;Modify*;Perm;Win32.ea;Win32.dt;Win32.dl"};
  p.feature_tail = "211 End (for details use \"HELP commmand\" where command is the command of interest)";
  p.missing_verbs = {"SITE UTIME"};
  p.error_templates = {{"", "550 {path}: {error}."}, {"CWD", "550 {path}: No such file or directory."}};
  p.mlsd = Mlsd::sends_nothing;
  p.mlst_facts = {"type", "size", "modify", "perm"};
  p.mlsd_shows_dots = false;
  p.mdtm_sets = false;
  p.list_missing = MissingListing::refused;
  p.list_shows_hidden = true;
  p.texts.auth = "234 AUTH command OK. Initializing SSL connection.";
  p.texts.user = "331 User name okay, need password.";
  p.texts.login = "230 User logged in, proceed.";
  p.texts.bad_login = "530 Not logged in.";
  p.texts.unknown = "500 Command not understood.";
  p.texts.list_start = "150 Opening BINARY mode data connection for /bin/ls.";
  p.texts.list_done = "226 Transfer complete. 0 bytes transferred.";
  p.texts.stor_start = "150 Opening BINARY mode data connection for {path}.";
  p.texts.deleted = "250 DELE command successful.";
  p.texts.abort = "226 Closing data connection. ABOR command successful.";
  p.texts.opts_utf8 = "200 OPTS UTF8 is set to ON.";
  p.texts.opts_mlst = "200 OPTS MLST OK";
  return p;
}

}  // namespace ftpsfs::testing
