#include "../personality.h"

namespace ftpsfs::testing {

// Forgives everything and knows every command of ours.
Personality permissive() {
  Personality p;
  p.features = {"AUTH TLS",
                "AUTH SSL",
                "EPSV",
                "PASV",
                "MDTM",
                "MFMT",
                "MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;UNIX.uid*;UNIX.gid*;",
                "MLSD",
                "PBSZ",
                "PROT",
                "REST STREAM",
                "SITE CHMOD",
                "SITE UTIME",
                "SIZE",
                "TVFS",
                "UTF8"};
  p.texts.opts_mlst = "200 MLST OPTS type;size;modify;perm;unique;UNIX.mode;UNIX.uid;UNIX.gid;";
  return p;
}

}  // namespace ftpsfs::testing
