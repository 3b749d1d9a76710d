#pragma once

#include <optional>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/remote_path.h"
#include "listing_fetch.h"

namespace ftpsfs::ftp {

// Lists a directory on the control connection, in one round trip and without a data channel. Nothing where that cannot be
// relied on, so that LIST has to do: on any server but vsftpd, and where STAT shows not even ".".
//
// A file's name is shown as it is and may look like the end of the reply. Behind it stands the answer to a number that
// nobody could have put into a name: when that is not where it belongs, the session is given up (connection_lost), and the
// server's STAT not used again.
//
// `also` travels with it, and is answered if a listing is returned.
struct StatQuestions {
  Inquiry* inquiry = nullptr;  // any, behind STAT
  bool times =
      false;  // MDTM of the files, while the listing comes: as far as that goes, their times are exact
};
base::Result<std::optional<FetchedListing>> list_by_stat(Session& session, const model::RemotePath& directory,
                                                         StatQuestions also, const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
