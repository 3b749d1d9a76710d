#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::writeback {

struct WritebackOptions {
  std::filesystem::path folder;  // the journal's; made if need be, for its owner only
  bool accepts = true;           // false: only what an earlier mount has left here is uploaded
  std::chrono::milliseconds delay{
      5000};                     // a stored file waits so long for its next version before it is uploaded
  bool keeps_times = true;       // a file's time shall be that of its store, and not that of its upload
  std::uint64_t most_bytes = 0;  // of all contents that wait; what finds no room is uploaded at once
  std::size_t most_uploads = 1;  // at a time
  std::size_t more_short_uploads = 0;  // beside these, which take hardly longer than their round trips
  std::chrono::milliseconds attempt_timeout{300'000};  // of one upload, renewed while data moves
};

struct WaitingFile {
  model::RemotePath path;
  std::uint64_t size = 0;  // bytes
  bool uploading = false;
  std::size_t failures = 0;  // since the mount began
  std::string last_error;    // empty before the first
};

// What the server will not take.
struct LostFile {
  std::string path;            // where it should have gone
  std::filesystem::path kept;  // where its content is, on this machine
  std::string reason;
  base::SystemTime when;
};

// Somebody else has changed the file on the server since it was last seen here. Theirs stays, ours is put beside it.
struct Conflict {
  model::RemotePath path;
  model::RemotePath ours;
  base::SystemTime when;
};

struct Report {
  std::vector<WaitingFile> waiting;  // the oldest first
  std::uint64_t waiting_bytes = 0;
  std::vector<LostFile> lost;  // of this mount and earlier ones, until somebody removes them from the folder
  std::vector<Conflict> conflicts;  // of this mount, the last 1,000
};

// A decorator of RemoteFs that acknowledges a deferrable `store` as soon as content and intent are durable in a journal
// on this machine, and uploads behind. Everybody above sees what waits as if the server had it. The others of RemoteFs's
// changes happen on the server before they return, as ever; where they depend on what waits, that goes first. Only the
// rename of a file that the server has never seen, and time and mode of a file that waits, stay in the journal, too.
//
// Thread safe. Owns its uploading threads; they end with it, and what has not been uploaded stays in the journal.
class WritebackFs final : public remote::RemoteFs {
 public:
  // Reads the journal and begins to upload what is there. Waits, until ctx's deadline, for another process that still has
  // it; `busy` when that does not end. `not_supported` when a newer ftpsfs has written the journal. `remote` must outlive
  // the result, and so must `clock`, which delays and pauses between tries are measured with.
  static base::Result<std::unique_ptr<WritebackFs>> open(remote::RemoteFs& remote,
                                                         const WritebackOptions& options,
                                                         const base::OpContext& ctx,
                                                         const base::Clock& clock = base::steady_clock());

  // Whether a journal is there that holds something to upload. Does not wait for a process that has it open.
  static bool has_waiting(const std::filesystem::path& folder);

  ~WritebackFs() override;

  base::Result<model::Attributes> stat(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Result<remote::OpenedFile> open_file(const model::RemotePath& path,
                                             const base::OpContext& ctx) override;
  base::Result<model::Attributes> refresh_file(const model::RemotePath& path,
                                               const base::OpContext& ctx) override;
  base::Result<model::Attributes> refresh_absent(const model::RemotePath& path,
                                                 const base::OpContext& ctx) override;
  base::Result<model::Listing> list(const model::RemotePath& directory, const base::OpContext& ctx) override;
  base::Result<std::unique_ptr<remote::ByteSource>> open_read(
      const model::RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
      const base::OpContext& ctx) override;
  using RemoteFs::store;
  base::Result<remote::Stored> store(const model::RemotePath& path, const remote::UploadContent& content,
                                     const remote::StoreOptions& options,
                                     const base::OpContext& ctx) override;
  base::Result<std::optional<remote::Stored>> append(const model::RemotePath& path,
                                                     const model::FileVersion& base,
                                                     const remote::UploadContent& content,
                                                     const base::OpContext& ctx) override;
  base::Status remove_file(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status make_directory(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status remove_directory(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status rename(const model::RemotePath& from, const model::RemotePath& to,
                      const base::OpContext& ctx) override;
  base::Status set_modified(const model::RemotePath& path, base::SystemTime modified,
                            const base::OpContext& ctx) override;
  base::Status set_mode(const model::RemotePath& path, std::uint32_t mode,
                        const base::OpContext& ctx) override;
  base::Result<std::string> read_link(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status make_symlink(const model::RemotePath& link, const std::string& target,
                            const base::OpContext& ctx) override;
  base::Result<std::optional<remote::Space>> space(const base::OpContext& ctx) override;

  // Does not wait for the delay of what it waits for; ends early with its first failure, which stays scheduled. What went
  // to lost+found, or (`stale`) beside a file that somebody else has changed, is told once.
  base::Status settle(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status warm_up(const base::OpContext& ctx) override;

  // Never blocks on the network.
  Report report() const;

  const std::filesystem::path& folder() const;  // the journal's

 private:
  class Impl;
  explicit WritebackFs(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ftpsfs::writeback
