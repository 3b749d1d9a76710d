#pragma once

#include "ftpsfs/ftp/reply.h"

namespace ftpsfs::ftp {

// What a server says it can do (FEAT, RFC 2389), corrected by what it then turned out to do. A value.
struct Capabilities {
  bool mlst = false;  // MLST and MLSD
  bool mfmt = false;
  bool rest_stream = false;
  bool size = false;
  bool mdtm = false;
  bool utf8 = false;
  bool epsv = false;
  bool clnt = false;
  bool site_utime = false;
  bool sizd_fact = false;  // MLST tells the size of directories: Pure-FTPd does, and no other server known

  // From the reply to FEAT. A refused FEAT gives all false: absence never proves that a command is missing,
  // servers forget to list some (vsftpd and ftp-srv list neither all nor only what works).
  // Features are matched without case and with any indentation; MLSD listed without MLST counts for both.
  static Capabilities from_feat(const Reply& reply);

  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

}  // namespace ftpsfs::ftp
