#pragma once

#include <optional>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/file_version.h"
#include "ftpsfs/model/remote_path.h"
#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::remote {

// One APPE to a file that keeps what it has. Nothing is renamed over it, because nobody could make the whole of it beside
// it without bringing it here first; what an append that fails leaves is the old content and the beginning of the rest.
//
// It is tried once. After a lost session the old server process may still add what it has received, at whatever end the
// file has then; so only a file that is complete by then counts, and everything else takes a store, which makes a new
// file of it.
class AppendJob {
 public:
  // Everything must outlive it. `content` has a size.
  AppendJob(const model::RemotePath& target, const model::FileVersion& base, const UploadContent& content)
      : target_(target), base_(base), content_(content) {}

  // On one session. After connection_lost or tls_not_resumed it looks on the next one what has come of it.
  base::Result<std::optional<Stored>> attempt(ftp::Session& session, const base::OpContext& ctx);

 private:
  base::Status check_base(ftp::Session& session, const base::OpContext& ctx) const;
  base::Result<std::optional<Stored>> refused(ftp::Session& session, base::Error error,
                                              const base::OpContext& ctx) const;
  base::Result<std::optional<Stored>> confirm(ftp::Session& session, const base::OpContext& ctx) const;
  std::optional<Stored> judged(model::Attributes found) const;

  const model::RemotePath& target_;
  const model::FileVersion& base_;
  const UploadContent& content_;
  bool begun_ = false;
};

}  // namespace ftpsfs::remote
