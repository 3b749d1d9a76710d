#include "../personality.h"

namespace ftpsfs::testing {

// vsftpd 3.0.3, measured on Debian 12.
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

}  // namespace ftpsfs::testing
