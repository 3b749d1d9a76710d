#include "../personality.h"

namespace ftpsfs::testing {

// AWS Transfer Family. Explicit TLS, passive and binary mode only, no PROT C: user guide. PassiveIp 0.0.0.0 and
// TlsSessionResumptionMode ENFORCED, which drops those who do not resume: API reference, ProtocolDetails. Directories on
// S3 cannot be renamed (rename_of_directories = false), on EFS they can.
Personality aws() {
  Personality p = permissive();
  p.name = "aws";
  p.greeting = {"Service ready for new user."};
  p.features = {"AUTH TLS",    "MDTM", "MFMT", "MLST Size;Modify;Type;Perm",
                "MLSD",        "PASV", "PBSZ", "PROT",
                "REST STREAM", "SIZE", "TVFS", "UTF8"};
  p.missing_verbs = {"EPSV", "APPE", "SITE"};  // EPSV missing: so that the address is seen
  p.resumption = Resumption::own_session;
  p.refusal_effect = RefusalEffect::close_control;
  p.auth_ssl = false;
  p.takes_ascii = false;
  p.pasv_address = "0,0,0,0";
  p.mlst_facts = {"size", "modify", "type", "perm"};
  p.mlsd_shows_dots = false;
  p.list_missing = MissingListing::refused;
  p.mdtm_sets = false;
  p.texts.auth = "234 Command AUTH okay; starting TLS connection.";
  p.texts.unknown = "502 Command not implemented.";
  p.texts.not_resumed = "421 TLS session resumption required.";
  p.texts.handshake_failed = "425 Can't open data connection.";
  return p;
}

}  // namespace ftpsfs::testing
