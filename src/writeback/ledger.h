#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "ftpsfs/base/mutex.h"
#include "ftpsfs/model/listing.h"
#include "ftpsfs/writeback/writeback_fs.h"
#include "journal.h"
#include "lost_and_found.h"
#include "recent_uploads.h"

namespace ftpsfs::writeback {

// One content that waits. The Ledger's mutex guards all of it.
struct Version {
  Record record;
  std::uint64_t first_order = 0;  // of the oldest content that this one stands for
  base::SteadyTime first_stored;
  base::SteadyTime due;
  bool uploading = false;
  bool urgent = false;          // somebody waits for it
  std::uint64_t failed_at = 0;  // the number of its last failure among all, 0: none
  std::size_t failures = 0;     // of all kinds, since the mount began
  std::optional<base::Error> last_error;
  std::stop_source stop;  // of the upload under way
};
using VersionRef = std::shared_ptr<Version>;

// What a thread needs for one upload.
struct UploadTask {
  VersionRef version;  // only for the ledger
  Record record;
  base::Result<DataRef> data;
  std::vector<DataRef> earlier;  // contents of ours that the server may have instead
  std::stop_token stop;
  bool urgent = false;
};

// What waits, in the journal and in memory. Of one path usually a single content waits. While it is uploaded a newer one
// may come; and one whose upload began and failed stays behind its successor, because nobody knows what the server has.
//
// Blocks on the local disk, and only in `hold`, `settle` and `next` on anything else. Thread safe.
class Ledger {
 public:
  struct Options {
    std::chrono::milliseconds delay;
    std::uint64_t most_bytes = 0;
  };

  // Room for one content, until it is given back or used.
  class Room {
   public:
    Room(Ledger& owner, std::uint64_t bytes) : owner_(&owner), bytes_(bytes) {}
    Room(Room&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), bytes_(other.bytes_) {}
    Room& operator=(Room&&) = delete;
    ~Room() {
      if (owner_ != nullptr) owner_->give_back(bytes_);
    }
    void use() { owner_ = nullptr; }

   private:
    Ledger* owner_;
    std::uint64_t bytes_;
  };

  // While it lives, nothing of a path is uploaded.
  class Hold {
   public:
    Hold(Ledger& owner, model::RemotePath path) : owner_(&owner), path_(std::move(path)) {}
    Hold(Hold&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), path_(std::move(other.path_)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (owner_ != nullptr) owner_->release(path_);
    }

   private:
    Ledger* owner_;
    model::RemotePath path_;
  };

  Ledger(std::unique_ptr<Journal> journal, Options options, const base::Clock& clock);

  // Takes over what earlier mounts have left.
  base::Status recover();

  // ---- looking

  std::optional<model::Attributes> find(const model::RemotePath& path) const;

  // The content that waits, for reading; nullptr: none does. `stale` if it is certainly another than `expected`.
  base::Result<DataRef> open(const model::RemotePath& path,
                             const std::optional<model::FileVersion>& expected) const;
  bool waits_below(const model::RemotePath& directory) const;

  // The number of the last upload; what ends later has higher ones.
  std::uint64_t last_upload() const;

  // Puts what waits into a listing that was asked for after `last_upload` was the last one.
  void add_to(model::Listing& listing, const model::RemotePath& directory, std::uint64_t last_upload) const;

  // The server's own attributes of a file that `seen` describes as it was while it waited; otherwise `seen`.
  model::Attributes on_the_server(const model::RemotePath& path, const model::Attributes& seen) const;
  model::FileVersion on_the_server(const model::RemotePath& path, const model::FileVersion& seen) const;

  Report report() const;
  const std::filesystem::path& folder() const { return journal_->folder(); }

  // ---- changes; the caller has a claim of the paths

  // nullopt when there is none.
  std::optional<Room> room_for(std::uint64_t bytes);
  base::Result<Journal::Draft> begin_draft() { return journal_->begin(); }

  // Whether one more content of this path may wait.
  bool takes_another(const model::RemotePath& path) const;

  // From the success on `record` is durable, and the newest of its path. Its id and order are chosen here, and so is what
  // it replaces, if something of that path waits or has been uploaded since `last_upload`.
  base::Result<model::Attributes> add(Journal::Draft draft, Room room, Record record,
                                      std::uint64_t last_upload);

  // Nothing when nothing of the path waits, or, after the wait for an upload under way, nothing does any more.
  base::Result<std::optional<Hold>> hold(const model::RemotePath& path, bool stops_upload,
                                         const base::OpContext& ctx);

  // All of these need a hold of the path.
  base::Status rewrite(const model::RemotePath& path, const std::function<void(Record&)>& change);
  bool may_be_on_server(const model::RemotePath& path) const;
  base::Status drop(const model::RemotePath& path);

  // Gives what waits another name; it must not be on the server. As `add` does, `replaces` yields to what waits there.
  base::Status move(const model::RemotePath& from, const model::RemotePath& to,
                    const std::optional<model::FileVersion>& replaces, std::uint64_t last_upload);

  // This path and all below it have been changed on the server.
  void forget(const model::RemotePath& path);

  // ---- waiting

  // Everything at or below the path that waits now: uploads it without further delay and waits for that. Ends with the
  // first failure. `tells_lost`: also with one that has moved a content to lost+found since the last such call.
  base::Status settle(const model::RemotePath& path, bool tells_lost, const base::OpContext& ctx);

  // ---- for the uploading threads

  // Waits for something to upload that has no more than `longest` bytes; nullopt at a stop.
  std::optional<UploadTask> next(std::uint64_t longest, const std::stop_token& stop);

  // Durably, that the server may have some of it from now on.
  base::Status begin(const UploadTask& task);

  // Exactly one of these ends a task.
  void succeeded(const UploadTask& task, const model::Attributes& attributes);
  void failed(const UploadTask& task, const base::Error& error);
  void moved_aside(const UploadTask& task, const model::RemotePath& aside);

  // Uploads under way end soon, and no other begins.
  void stop();

 private:
  struct Slot {
    std::vector<VersionRef> versions;  // the oldest first
    int holds = 0;
  };
  using Slots = std::map<std::string, Slot>;

  struct LostError {
    model::RemotePath path;
    base::Error error;
  };

  void give_back(std::uint64_t bytes);
  void release(const model::RemotePath& path);

  // The table.
  VersionRef newest(const model::RemotePath& path) const FTPSFS_REQUIRES(mutex_);
  VersionRef uploading(const model::RemotePath& path) const FTPSFS_REQUIRES(mutex_);
  void insert(const VersionRef& version) FTPSFS_REQUIRES(mutex_);
  void erase(const VersionRef& version) FTPSFS_REQUIRES(mutex_);
  void erase_if_empty(Slots::iterator slot) FTPSFS_REQUIRES(mutex_);
  std::vector<const Slot*> slots_in(const model::RemotePath& path) const FTPSFS_REQUIRES(mutex_);
  std::vector<VersionRef> up_to(const VersionRef& version) const FTPSFS_REQUIRES(mutex_);
  std::optional<model::FileVersion> replaced_by_next(const model::RemotePath& path,
                                                     const std::optional<model::FileVersion>& known,
                                                     std::uint64_t last_upload) const FTPSFS_REQUIRES(mutex_);

  // Journal and table together.
  void become_newest(const VersionRef& version, Record record) FTPSFS_REQUIRES(changes_)
      FTPSFS_EXCLUDES(mutex_);
  base::Status commit(const VersionRef& version, Record record) FTPSFS_REQUIRES(changes_)
      FTPSFS_EXCLUDES(mutex_);
  void remove(const std::vector<VersionRef>& versions) FTPSFS_REQUIRES(changes_) FTPSFS_EXCLUDES(mutex_);
  void remove_from_journal(const std::vector<VersionRef>& versions) FTPSFS_REQUIRES(changes_);
  void erase_all(const std::vector<VersionRef>& versions) FTPSFS_REQUIRES(mutex_);
  void set_aside(const std::vector<Journal::Damaged>& damaged) FTPSFS_REQUIRES(changes_);
  bool lose(const VersionRef& version, const base::Error& error) FTPSFS_REQUIRES(changes_)
      FTPSFS_EXCLUDES(mutex_);
  bool count_refusal(const VersionRef& version, const base::Error& error) FTPSFS_REQUIRES(changes_)
      FTPSFS_EXCLUDES(mutex_);
  void end_with(const VersionRef& version, const std::optional<base::Error>& error) FTPSFS_EXCLUDES(mutex_);
  void postpone(Version& version, const base::Error& error) FTPSFS_REQUIRES(mutex_);
  base::Status let_next_replace(const VersionRef& uploaded, const model::Attributes& attributes)
      FTPSFS_REQUIRES(changes_) FTPSFS_EXCLUDES(mutex_);
  bool is_newest(const VersionRef& version) const FTPSFS_EXCLUDES(mutex_);

  // Scheduling.
  bool may_start(const VersionRef& version, std::uint64_t longest) const FTPSFS_REQUIRES(mutex_);
  VersionRef pick(std::uint64_t longest, base::SteadyTime& wake) const FTPSFS_REQUIRES(mutex_);
  UploadTask start(const VersionRef& version) const FTPSFS_REQUIRES(mutex_);

  // Settling.
  void make_urgent(const VersionRef& version) FTPSFS_REQUIRES(mutex_);
  std::optional<base::Error> take_lost(const model::RemotePath& path) FTPSFS_REQUIRES(mutex_);
  std::optional<base::Status> settled(const model::RemotePath& path, std::uint64_t last_order,
                                      std::uint64_t last_failure) FTPSFS_REQUIRES(mutex_);

  const std::unique_ptr<Journal> journal_;
  LostAndFound lost_and_found_;
  const Options options_;
  const base::Clock& clock_;

  // Held through every change of the journal, local I/O included, so that the journal and the table agree.
  base::Mutex changes_;

  mutable base::Mutex mutex_;
  mutable base::CondVar changed_;
  Slots slots_ FTPSFS_GUARDED_BY(mutex_);  // by path; one without versions is held by somebody
  std::map<std::uint64_t, VersionRef> by_order_ FTPSFS_GUARDED_BY(mutex_);
  std::uint64_t bytes_ FTPSFS_GUARDED_BY(mutex_) = 0;  // room taken
  RecentUploads recent_ FTPSFS_GUARDED_BY(mutex_);
  std::deque<LostError> lost_errors_ FTPSFS_GUARDED_BY(mutex_);
  std::deque<Conflict> conflicts_ FTPSFS_GUARDED_BY(mutex_);
  std::uint64_t failures_ FTPSFS_GUARDED_BY(mutex_) = 0;
  std::size_t urgent_ FTPSFS_GUARDED_BY(mutex_) = 0;  // settlers
  std::size_t times_away_ FTPSFS_GUARDED_BY(mutex_) = 0;
  base::SteadyTime away_until_ FTPSFS_GUARDED_BY(mutex_) = base::SteadyTime::min();
  bool stopping_ FTPSFS_GUARDED_BY(mutex_) = false;
};

}  // namespace ftpsfs::writeback
