#include "../personality.h"

namespace ftpsfs::testing {

// vsftpd with download_enable=NO, dirlist_enable=NO and cmds_denied=SIZE,MDTM,DELE,RNFR (vsftpd.conf(5)), measured on
// Debian 12, as far as "/in" goes. There these settings are for the whole account.
Personality dropbox() {
  Personality p = strict_vsftpd();
  p.name = "dropbox";
  p.drop_box = "/in";
  p.denied_in_drop_box = {"DELE", "LIST", "MDTM", "MLSD", "MLST", "NLST", "RETR", "RNFR", "SIZE", "STAT"};
  return p;
}

}  // namespace ftpsfs::testing
