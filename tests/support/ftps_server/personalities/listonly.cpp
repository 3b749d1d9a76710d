#include "../personality.h"

namespace ftpsfs::testing {

// An appliance that implements RFC 959 and nothing newer: no FEAT, sizes and times only from LIST, in its local time.
Personality listonly() {
  Personality p;
  p.name = "listonly";
  p.greeting = {"FTP server ready."};
  p.missing_verbs = {"FEAT", "OPTS", "MLSD", "MLST", "SIZE", "MDTM", "MFMT", "SITE", "EPSV", "STAT"};
  p.error_templates = {{"", "550 {path}: failed"}};
  p.auth_ssl = false;
  p.list_takes_options = false;
  p.list_shows_hidden = true;
  p.list_follows_links = true;
  p.list_zone_minutes = -480;
  p.texts.unknown = "500 Command not understood.";
  return p;
}

}  // namespace ftpsfs::testing
