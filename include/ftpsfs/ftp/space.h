#pragma once

#include <cstdint>
#include <optional>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

struct Space {
  std::optional<std::uint64_t> total;  // bytes; absent where the server tells only what is left
  std::uint64_t available = 0;         // bytes
};

// What can still be written below `path`, by AVBL (draft-peterson-streamlined-ftp-command-extensions: Serv-U, SFTPGo) and
// by the limit of uploaded bytes in SITE QUOTA (ProFTPD's mod_quotatab); the less of the two where both answer. Both are
// asked in one flight, and what the server lacks is remembered. nullopt when it tells neither.
base::Result<std::optional<Space>> ask_space(Session& session, const model::RemotePath& path,
                                             const base::OpContext& ctx);

// What a reply to SITE QUOTA says, a line like "  Uploaded Mb:\t12.50/100.00"; nullopt when there is no limit, or no such
// line: the words of other servers are not known.
std::optional<Space> parse_quota(const Reply& reply);

}  // namespace ftpsfs::ftp
