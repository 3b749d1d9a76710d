#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/listing.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// Makes exact what LIST leaves vague: asks MDTM for files with times to the minute or day, and SIZE for files without a
// size (VMS counts blocks), all in one batch. The times that stay vague are put from the server's zone into UTC: the
// one that the user named, or the one that the first file with both times has shown for this server.
base::Status make_exact(Session& session, const model::RemotePath& directory, model::Listing& entries,
                        const base::OpContext& ctx);

// Asks MDTM while the listing that shows the files is still coming. Only what fills packets is asked, and no more than
// the server takes while it does not read; make_exact asks the rest.
class TimesAhead {
 public:
  explicit TimesAhead(model::RemotePath directory) : directory_(std::move(directory)) {}

  // Of the entries that have come since the last call, for one TLS record; none as long as they do not fill one.
  std::vector<Command> next(std::span<const model::DirEntry> so_far);

  std::size_t asked() const { return about_.size(); }

  // In the order of the commands.
  void take(ServerKnowledge& server, model::Listing& entries, std::span<const Reply> answers) const;

 private:
  const model::RemotePath directory_;
  std::size_t seen_ = 0;   // entries
  std::size_t bytes_ = 0;  // of all commands
  std::vector<std::string> about_;
};

// The same for the entry of one file, where this is the answer to its MDTM; the other files' times stay vague.
void make_exact(Session& session, const model::RemotePath& file, model::Listing& entries,
                const Reply& answer);

}  // namespace ftpsfs::ftp
