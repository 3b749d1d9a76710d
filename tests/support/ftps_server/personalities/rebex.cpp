#include "../personality.h"

namespace ftpsfs::testing {

// Rebex's FTP server (test.rebex.net). The refusal is what several clients recognise by its words; MFMT and MDTM with
// two arguments from its issue list.
Personality rebex() {
  Personality p = permissive();
  p.name = "rebex";
  p.greeting = {"Welcome to the Rebex FTP server"};
  p.features = {"AUTH TLS", "EPRT", "EPSV", "MDTM", "MFMT",        "MLST type*;size*;modify*;perm*;",
                "MLSD",     "PBSZ", "PROT", "PASV", "REST STREAM", "SIZE",
                "UTF8"};
  p.missing_verbs = {"SITE"};
  p.resumption = Resumption::own_session;
  p.mlst_facts = {"type", "size", "modify", "perm"};
  p.mlsd_shows_dots = false;
  p.list_missing = MissingListing::refused;
  p.texts.not_resumed = "425 Cannot secure data connection - TLS session resumption required.";
  p.texts.handshake_failed = "425 Cannot secure data connection.";
  return p;
}

}  // namespace ftpsfs::testing
