#pragma once

// What an inode has beyond its name while it is open, or while it holds data that the server has not.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "concurrent_upload.h"
#include "ftpsfs/base/mutex.h"
#include "ftpsfs/cache/spool.h"
#include "ftpsfs/vfs/vfs.h"
#include "moment.h"
#include "remote_content.h"

namespace ftpsfs::vfs {

// What every open file of a mount needs.
struct FileServices {
  remote::RemoteFs& remote;
  std::shared_ptr<cache::SpoolDirectory> spools;
  cache::ReadStreamOptions reading;
  cache::LocalCopies* copies = nullptr;  // of files that are read here and there
};

// Counts the contents that a file had under its open handles. It rises when the file was changed on the
// server by somebody else; handles from before are `stale` then, so that none ever gets a mix of two
// contents.
using Epoch = std::uint64_t;

// What this mount knows better than the server.
struct LocalView {
  std::optional<std::uint64_t> size;
  std::optional<base::SystemTime> modified;
  std::optional<std::uint32_t> permissions;
  bool on_server = true;       // false: created here and not uploaded yet
  bool answers_alone = false;  // the server need not, or cannot, be asked for the rest
};

// Shared by all handles of one inode. Thread safe.
//
// Clean, a file is read through its RemoteContent. The first change gives it a spool, from which everybody
// reads until the last writer has gone and all is saved. The spool is `dirty` when it has changed since its
// last upload began.
//
// Lock order: InodeTable, then OpenFile, then what RemoteContent and Spool have inside. None is held across
// the network; long exclusions are state: the turn of a writer here, the claim of a path in PathClaims.
// Whoever needs both takes the claim first.
class OpenFile {
 public:
  explicit OpenFile(const FileServices& services) : services_(services) {}
  OpenFile(const FileServices& services, std::unique_ptr<cache::Spool> empty, std::uint32_t permissions);

  // One change of the content at a time: appends are atomic, and nothing replaces a spool that is being
  // written to.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : file_(std::exchange(other.file_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (file_) file_->end_turn();
    }

   private:
    friend class OpenFile;
    explicit Turn(OpenFile& file) : file_(&file) {}
    OpenFile* file_;
  };
  base::Result<Turn> take_turn(const base::OpContext& ctx);

  // --- Handles ---

  Epoch add_handle(bool writes);
  void remove_handle(bool writes);
  bool has_handles() const;
  bool has_writers() const;

  // One writer more, or one less, that has not flushed since it was opened or wrote last.
  void expect_flush(bool expected);
  bool expects_flush() const;

  // --- Content ---

  // The server answered `version` for `path` to a question of the moment `asked`. Ignored when this mount
  // knows better.
  void adopt(const model::RemotePath& path, const model::FileVersion& version, Moment asked);

  // As of the last answer or upload.
  model::FileVersion version() const;

  base::Result<std::size_t> read_at(Epoch epoch, std::uint64_t offset, std::span<std::byte> out,
                                    const base::OpContext& ctx);
  base::Status write_at(Epoch epoch, std::uint64_t offset, std::span<const std::byte> data,
                        const base::OpContext& ctx);
  base::Status append(Epoch epoch, std::span<const std::byte> data, const base::OpContext& ctx);
  base::Status truncate(std::uint64_t size, const base::OpContext& ctx);
  base::Status allocate(Epoch epoch, Allocation how, std::uint64_t offset, std::uint64_t length,
                        const base::OpContext& ctx);

  std::uint64_t size() const;

  // --- What the server lacks ---

  LocalView view() const;
  bool on_server() const;
  bool may_be_on_server() const;  // an upload has at least been tried
  bool has_unsaved() const;       // data or a time

  // Sets the time or the permissions aside for the next upload; false when there is nothing to wait for and
  // the server can be told at once.
  bool postpone_modified(base::SystemTime modified);
  bool postpone_permissions(std::uint32_t permissions);

  // --- Uploading (under a claim of the path) ---

  // A long file that is written from its beginning on is uploaded meanwhile; this says that it is time to begin.
  static constexpr std::uint64_t kConcurrentFrom = 8 << 20;
  bool due_for_concurrent_upload() const;
  // Makes the upload of what has been written so far, and keeps it informed from now on. Null when it is no longer due.
  std::shared_ptr<ConcurrentUpload> begin_concurrent_upload(const model::RemotePath& path,
                                                            const remote::StoreOptions& options);
  void drop_concurrent_upload(const std::shared_ptr<ConcurrentUpload>& upload);
  std::shared_ptr<ConcurrentUpload> take_concurrent_upload();
  std::optional<base::Error> take_lack_of_space();

  struct Upload {
    std::shared_ptr<cache::Spool> spool;
    std::uint64_t generation = 0;  // that this upload saves
    base::SystemTime written;
    bool creates = false;                          // the server cannot have the file yet
    std::optional<model::FileVersion> appends_to;  // only what is behind this differs, and only that is local
    // What waited for it.
    std::optional<base::SystemTime> modified;
    std::optional<std::uint32_t> permissions;
  };
  // Makes everything local and ends every transfer of the path. nullopt when there is nothing to upload.
  // With `whole`; otherwise it may leave on the server what need not be uploaded again.
  enum class Extent { changed, whole };
  base::Result<std::optional<Upload>> prepare_upload(Extent extent, const base::OpContext& ctx);

  // An append may have left some of what it was to add. From now on the file is uploaded whole, once it is known what the
  // server has: `append_ended`.
  void append_failed();
  bool append_is_open() const;
  void append_ended(const model::FileVersion& version, Moment now);
  void uploaded(const Upload& upload, const model::RemotePath& path, const model::FileVersion& version,
                Moment now);

  std::optional<std::uint32_t> postponed_permissions() const;
  void drop_postponed_permissions(std::uint32_t applied);
  std::optional<base::SystemTime> postponed_modified()
      const;  // once no newer data wait that would overwrite it
  void drop_postponed_modified(base::SystemTime applied);

  // Our own change of the time gave the server's file a new version.
  void retouched(const model::FileVersion& version, Moment now);

  // Forgets the spool when it holds nothing that the server has not, and nobody may write any more.
  void drop_saved_spool();

  // Gives up the change that led to `generation`, unless it has been built upon.
  void undo(std::uint64_t generation);
  std::uint64_t generation() const;

  // --- Names (under a claim of the path) ---

  void moved_to(const model::RemotePath& path);
  void pause();

  // Fetches what open handles may still want to read, before the server's file goes away; files above `limit`
  // bytes are not worth it. Under a turn.
  base::Status keep_for_handles(std::uint64_t limit, const base::OpContext& ctx);

  // The file has no name any more: nothing of it will be uploaded.
  void discard();
  bool discarded() const;

 private:
  // What changes the content: where it begins, and from the content's end after it how far all is written now.
  struct Change {
    std::function<base::Status(cache::Spool&)> apply;
    std::function<std::uint64_t(const cache::Spool&)> begin;
    std::uint64_t length = 0;
    bool truncates = false;
  };
  base::Status apply(const Change& change, cache::Spool& spool);
  void end_concurrent_upload() FTPSFS_REQUIRES(mutex_);
  std::optional<model::FileVersion> appends_to() const FTPSFS_REQUIRES(mutex_);

  base::Status change(std::optional<Epoch> epoch, const Change& apply, const base::OpContext& ctx);
  base::Result<std::shared_ptr<cache::Spool>> spool_for_change(std::optional<Epoch> epoch);
  std::shared_ptr<RemoteContent> content() const;
  std::shared_ptr<RemoteContent> content_at(const model::RemotePath& path,
                                            const model::FileVersion& version) const;
  base::Status wait_for_readers(const base::OpContext& ctx);
  void end_turn();
  void end_remote_read();
  bool dirty() const FTPSFS_REQUIRES(mutex_);

  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

  const FileServices& services_;
  mutable base::Mutex mutex_;
  base::CondVar changed_;

  std::size_t handles_ FTPSFS_GUARDED_BY(mutex_) = 0;
  std::size_t writers_ FTPSFS_GUARDED_BY(mutex_) = 0;
  std::size_t flushes_expected_ FTPSFS_GUARDED_BY(mutex_) = 0;
  Epoch epoch_ FTPSFS_GUARDED_BY(mutex_) = 0;
  bool turn_taken_ FTPSFS_GUARDED_BY(mutex_) = false;

  bool created_here_ FTPSFS_GUARDED_BY(mutex_) = false;  // and not uploaded yet
  std::shared_ptr<RemoteContent> content_
      FTPSFS_GUARDED_BY(mutex_);  // null before the server told its version
  Moment content_known_at_ FTPSFS_GUARDED_BY(mutex_) = 0;
  std::size_t remote_reads_ FTPSFS_GUARDED_BY(mutex_) = 0;  // under way past the spool

  std::shared_ptr<cache::Spool> spool_ FTPSFS_GUARDED_BY(mutex_);
  std::uint64_t left_on_server_ FTPSFS_GUARDED_BY(mutex_) =
      0;  // at most so many bytes of the spool are missing
  std::optional<std::uint64_t> saved_generation_
      FTPSFS_GUARDED_BY(mutex_);  // of the spool; absent: none of it
  // Where the first byte is that was changed since the last upload began, and since the last that succeeded.
  std::uint64_t changed_from_ FTPSFS_GUARDED_BY(mutex_) = kNowhere;
  std::uint64_t unsaved_from_ FTPSFS_GUARDED_BY(mutex_) = kNowhere;
  bool append_failed_ FTPSFS_GUARDED_BY(mutex_) = false;
  bool append_is_open_ FTPSFS_GUARDED_BY(mutex_) = false;
  bool upload_tried_ FTPSFS_GUARDED_BY(mutex_) = false;
  bool discarded_ FTPSFS_GUARDED_BY(mutex_) = false;

  // All bytes before it were written since the spool was empty; absent where it never was, or is saved by now.
  std::optional<std::uint64_t> written_up_to_ FTPSFS_GUARDED_BY(mutex_);
  std::shared_ptr<ConcurrentUpload> concurrent_ FTPSFS_GUARDED_BY(mutex_);
  bool concurrent_tried_ FTPSFS_GUARDED_BY(mutex_) = false;  // since the spool was empty

  std::optional<base::SystemTime> written_ FTPSFS_GUARDED_BY(mutex_);
  std::optional<base::SystemTime> postponed_modified_ FTPSFS_GUARDED_BY(mutex_);
  std::optional<std::uint32_t> postponed_permissions_ FTPSFS_GUARDED_BY(mutex_);
};

}  // namespace ftpsfs::vfs
