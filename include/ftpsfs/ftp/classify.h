#pragma once

#include "ftpsfs/base/error.h"
#include "ftpsfs/ftp/command.h"
#include "ftpsfs/ftp/reply.h"

namespace ftpsfs::ftp {

// The one map from a server's refusal to an Error. Servers use 550 for nearly everything, so the words decide
// where they are known (strerror texts of ProFTPD, Pure-FTPd and pyftpdlib; the sentences of vsftpd,
// FileZilla Server, IIS), then the code together with the command. The words are looked for outside of the
// path that the command named, since file names are anybody's choice. The Error keeps the reply's text and
// names the command (PASS masked).
//
// `ambiguous` in the result: the words said nothing and the code means several things (vsftpd's "550 Delete
// operation failed."); the caller may look at the path to learn more.
struct Classified {
  base::Error error;
  bool ambiguous = false;
};
Classified classify(const Command& command, const Reply& reply);

// Whether the same command may succeed a moment later: a 4yz (RFC 959 4.2), unless it tells of what no moment changes,
// that there is no room or no such file. `refusal` is an Error of classify.
bool may_pass(const base::Error& refusal);

// Whether the words of a 4yz or 5yz reply are a refusal of a data channel whose TLS session was not resumed.
bool is_resumption_refusal(const Reply& reply);

// Whether a refusal (of the greeting, USER or PASS) means "too many connections", not "wrong password".
bool is_session_limit(const Reply& reply);

}  // namespace ftpsfs::ftp
