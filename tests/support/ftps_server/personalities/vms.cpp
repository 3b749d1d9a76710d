#include "../personality.h"

namespace ftpsfs::testing {

// An FTP server of OpenVMS on an ODS-5 disk, with Unix paths. The listing is as VMS' DIRECTORY prints it: versions,
// blocks of 512 bytes, long names on a line of their own, ^ before what ODS-5 escapes (FileZilla's and commons-net's
// parsers). Options of LIST are names there.
Personality vms() {
  Personality p;
  p.name = "vms";
  p.greeting = {"vms.local FTP Server (Version 5.1) Ready."};
  p.features = {"AUTH TLS", "MDTM", "PASV", "PBSZ", "PROT", "REST STREAM", "SIZE"};
  p.missing_verbs = {"MLSD", "MLST", "MFMT", "EPSV", "STAT", "SITE CHMOD", "SITE UTIME"};
  p.error_templates = {{"", "550 {path}: %RMS-E-FNF, file not found"},
                       {"CWD", "550 {path}: %RMS-E-DNF, directory not found"},
                       {"MKD EEXIST", "550 {path}: directory already exists"},
                       {"RMD ENOTEMPTY", "550 {path}: %SYSTEM-F-DIRNOTEMPTY, directory file is not empty"}};
  p.mdtm_sets = false;
  p.mdtm_of_directory = false;
  p.list_takes_options = false;
  p.list_shows_hidden = true;
  p.list_follows_links = true;
  p.list_style = ListStyle::vms;
  p.list_zone_minutes = 60;
  p.texts.unknown = "500 Unrecognized command.";
  p.texts.syst = "215 VMS OpenVMS V8.4 on node VMS.";
  return p;
}

}  // namespace ftpsfs::testing
