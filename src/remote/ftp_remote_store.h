#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ftp_remote_exchange.h"
#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/ftp/upload.h"
#include "ftpsfs/model/remote_path.h"
#include "ftpsfs/remote/ftp_remote.h"
#include "ftpsfs/remote/remote_fs.h"
#include "temporary_files.h"

namespace ftpsfs::remote {

// One file on its way to the server, over as many sessions as that takes. Knows after each lost session what is where,
// so that the next attempt asks before it repeats anything.
//
// A file that exists is replaced: uploaded to a temporary name beside it, confirmed, given its time and permissions,
// and renamed over. So is a new file, unless it is small: that goes up under its own name, for the sake of a round trip,
// and is removed again if it cannot be completed. Where the server does not let a file be replaced, the fall-backs are,
// in this order: another temporary name; the old file renamed away for a moment, where renames do not replace; STOR over
// the file, which is what Uploads::in_place always does and Uploads::atomic never.
class StoreJob {
 public:
  // Everything must outlive it. `may_be_link`: what looks like a file may be a symlink on the server.
  StoreJob(TemporaryFiles& temporaries, Uploads uploads, bool may_be_link, const model::RemotePath& target,
           const UploadContent& content, const StoreOptions& options);

  // On one session. After connection_lost or tls_not_resumed it goes on with the next one.
  base::Result<Stored> attempt(ftp::Session& session, const base::OpContext& ctx);

  // After the last attempt has failed: whether something is left on the server that should not be, and its removal.
  bool left_something() const {
    return half_target_ || temporary_ || (exchange_ && exchange_->left_something());
  }
  void clean_up(ftp::Session& session, const base::OpContext& ctx);

  // Nobody could clean up.
  void give_up();

 private:
  enum class Way { under_its_name, in_place, temporary };
  enum class Stage { nothing, sent, confirmed, renaming, exchanging };

  // What follows an upload in one flight.
  struct Equipment {
    ftp::Inquiry flight;
    std::size_t timed = 0;     // so many of its commands set the time, one at most
    std::size_t equipped = 0;  // so many that or the permissions; the others ask what is there
  };

  base::Result<Stored> start(ftp::Session& session, const base::OpContext& ctx);
  base::Result<Way> in_place() const;
  base::Result<Way> choose(ftp::Session& session, const base::OpContext& ctx);
  bool is_fresh(const model::RemotePath& path) const;
  base::Status look(ftp::Session& session, const base::OpContext& ctx);
  std::optional<std::uint32_t> wanted_mode(const model::RemotePath& path) const;
  bool would_lose_mode(const ftp::ServerKnowledge& server) const;

  base::Result<Stored> under_its_name(ftp::Session& session, const base::OpContext& ctx);
  base::Result<Stored> by_temporary(ftp::Session& session, const base::OpContext& ctx);
  base::Status upload_beside(ftp::Session& session, Temporary kind, bool& refused,
                             const base::OpContext& ctx);
  void note_progress(const ftp::Session& session, const ftp::UploadProgress& progress,
                     const base::Status& sent);
  base::Status confirm(ftp::Session& session, bool& hidden, const base::OpContext& ctx);
  base::Result<bool> resume(ftp::Session& session, const base::OpContext& ctx);
  base::Result<std::uint64_t> certainly_there(ftp::Session& session, std::uint64_t most,
                                              const base::OpContext& ctx);
  base::Result<bool> ends_alike(ftp::Session& session, std::uint64_t size, const base::OpContext& ctx);
  std::vector<ftp::Command> questions_about(const ftp::ServerKnowledge& server,
                                            const model::RemotePath& path) const;
  model::Attributes as_sent() const;
  Equipment equipment(const ftp::ServerKnowledge& server, const model::RemotePath& path) const;
  base::Status send(ftp::Session& session, const model::RemotePath& path, ftp::UploadProgress& progress,
                    const base::OpContext& ctx);
  base::Status equip(ftp::Session& session, const model::RemotePath& path, const base::OpContext& ctx);
  base::Status take_equipment(ftp::Session& session, const model::RemotePath& path, const Equipment& equipped,
                              const base::OpContext& ctx);
  base::Result<Stored> put_in_place(ftp::Session& session, const base::OpContext& ctx);
  base::Result<Stored> exchange(ftp::Session& session, const base::OpContext& ctx);
  base::Result<Stored> exchanged(ftp::Session& session, base::Result<std::optional<base::Error>> refused,
                                 const base::OpContext& ctx);
  base::Result<Stored> fall_back(ftp::Session& session, base::Error error, const base::OpContext& ctx);
  base::Result<std::optional<Stored>> settle(ftp::Session& session, const base::OpContext& ctx);
  base::Result<std::optional<std::uint64_t>> size_of(ftp::Session& session, const model::RemotePath& path,
                                                     const base::OpContext& ctx);
  void drop_temporary(ftp::Session& session, const base::OpContext& ctx);
  Stored finished(ftp::ServerKnowledge& server);

  TemporaryFiles& temporaries_;
  const Uploads uploads_;
  const model::RemotePath& target_;
  const UploadContent& content_;
  const StoreOptions& options_;
  const model::RemotePath folder_;

  std::optional<model::Attributes> existing_;  // what the target is, as far as that is known
  bool looked_ = false;                        // existing_ holds, also when it is absent

  Stage stage_ = Stage::nothing;
  std::uint64_t sent_ = 0;       // bytes of the last upload
  std::uint64_t resumable_ = 0;  // of these, at most so many are in temporary_, as they were sent
  std::optional<model::RemotePath> temporary_;  // may be there
  std::optional<Exchange> exchange_;            // of the target for the last upload, where it came to that
  bool half_target_ = false;                    // a new file may be there, and not all of it
  Equipment sent_along_;                        // with the last upload; has answers if that succeeded
  Stored stored_;
};

}  // namespace ftpsfs::remote
