#pragma once

#include <optional>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/remote_path.h"
#include "temporary_files.h"

namespace ftpsfs::remote {

// Renames a file over another one where RNTO does not replace (IIS, FileZilla Server 0.9, ProFTPD without AllowOverwrite,
// Apache MINA): the old file steps aside under a temporary name, the new one takes its place, and then the old one is
// removed. For a moment nothing has the target's name, but at every moment the server has both files whole, and a refusal
// is undone. Not thread safe.
class Exchange {
 public:
  // `temporaries` must outlive it.
  Exchange(TemporaryFiles& temporaries, model::RemotePath from, model::RemotePath to);

  // On one session. Nothing: it is done. An Error as the value: the server has refused, and everything is as it was. Any
  // other failure leaves that open: a lost session, or an old file that could not come back.
  base::Result<std::optional<base::Error>> run(ftp::Session& session, const base::OpContext& ctx);

  // The same on a new session, after one was lost in the middle; `from` is still there.
  base::Result<std::optional<base::Error>> resume(ftp::Session& session, const base::OpContext& ctx);

  // After a lost session: whether it was all done but the removal, as far as that shows: nothing at `from`, something
  // at `to`.
  base::Result<bool> has_happened(ftp::Session& session, const base::OpContext& ctx) const;

  // Removes the old file, whose place is taken.
  void finish(ftp::Session& session, const base::OpContext& ctx);

  // Gives the old file its name back; it keeps the other one only where the server wants that.
  base::Status put_back(ftp::Session& session, const base::OpContext& ctx);

  // After a failure: what of the last two is right.
  bool left_something() const { return old_.has_value(); }
  void clean_up(ftp::Session& session, const base::OpContext& ctx);

  // Nobody could clean up: tells where the old content is.
  void give_up();

  // `cause`, and where the old content is, unless that is settled.
  base::Error explained(base::Error cause) const;

 private:
  base::Result<std::optional<base::Error>> run_with(Temporary kind, ftp::Session& session,
                                                    const base::OpContext& ctx);
  void forget_old();

  TemporaryFiles& temporaries_;
  const model::RemotePath from_;
  const model::RemotePath to_;
  std::optional<model::RemotePath> old_;
  bool name_refused_ = false;  // the temporary one
};

}  // namespace ftpsfs::remote
