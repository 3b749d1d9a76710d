#pragma once

#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/listing.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// What one listing command brought.
struct FetchedListing {
  model::Listing entries;
  bool understood = false;  // at least one line was an entry's, be it "."
};

// What the parser has read. The first unreadable line of a server is said in the log.
base::Result<FetchedListing> finish_listing(ListingParser& parser, ServerKnowledge& server);

// Runs MLSD or LIST and reads all of it. The deadline is renewed while bytes arrive. `directory` is for messages.
base::Result<FetchedListing> fetch_listing(Session& session, Command command, ListingFormat format,
                                           const model::RemotePath& directory, const base::OpContext& ctx);

// Enters the directory and runs LIST in the same flight, with -a where that works. A server that refuses to list an empty
// directory ("550 No files found") has listed it.
base::Result<FetchedListing> enter_and_list(Session& session, const model::RemotePath& directory,
                                            const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
