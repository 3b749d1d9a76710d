#pragma once

// What the mount knows of the server's directories: one listing fills a snapshot that answers for every name in the
// directory, present or absent, for a short time. Our own changes edit the snapshots at once.

#include <chrono>
#include <cstddef>
#include <memory>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::cache {

struct MetadataCacheOptions {
  std::chrono::milliseconds lifetime{10'000};           // of a snapshot
  std::chrono::milliseconds negative_lifetime{10'000};  // of the certainty that a name is absent
  std::chrono::milliseconds space_lifetime{5'000};      // of what the server told about its space
  std::size_t max_entries = 500'000;  // over all snapshots; the least recently used goes first
};

// Decorator of a RemoteFs. Thread safe; no lock is held while `remote` works.
//
// - `list` and `stat` are answered from a live snapshot without touching the network, even while every session stalls.
// - A `stat` in an unlisted directory lists the directory when that is the second one there within a lifetime, and
//   asks for the single path before that (a giant parent is not listed for one name). A listing that the server cut
//   short answers for the names in it, and never that a name is absent.
// - Equal misses are asked once: concurrent callers wait for the first one's answer, each until its own deadline or
//   stop. When the first is cancelled or times out, one of the waiting takes over.
// - A change that goes through this object (store, remove, make, rename, set_*) edits or drops the snapshots it
//   concerns before it returns. An answer that was under way while a change happened is not put into the cache.
// - After an error that leaves the outcome open (timed_out, cancelled, connection_lost) or contradicts a snapshot
//   (not_found, exists, …) the names concerned are dropped.
// - What `space` told is believed for a few seconds; when the server then cannot be asked, the last answer goes on.
// - A directory made here is known to be empty; its time and mode are gaps until it is listed again. A directory's own
//   time does not follow the changes of its entries before its lifetime ends.
class MetadataCache final : public remote::RemoteFs {
 public:
  // `remote` and `clock` must outlive this object.
  MetadataCache(remote::RemoteFs& remote, const MetadataCacheOptions& options, const base::Clock& clock);
  ~MetadataCache() override;

  base::Result<model::Attributes> stat(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Result<model::Listing> list(const model::RemotePath& directory, const base::OpContext& ctx) override;
  base::Result<std::unique_ptr<remote::ByteSource>> open_read(
      const model::RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
      const base::OpContext& ctx) override;
  base::Result<remote::Stored> store(const model::RemotePath& path, const remote::UploadContent& content,
                                     const remote::StoreOptions& options,
                                     const base::OpContext& ctx) override;
  using remote::RemoteFs::store;
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
  base::Status settle(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status warm_up(const base::OpContext& ctx) override;
  base::Result<std::optional<remote::Space>> space(const base::OpContext& ctx) override;

  // The attributes as the server has them now: asks it (never a snapshot), fills gaps from the snapshot and puts the
  // answer into it. For close-to-open consistency.
  // `to_read`: the file will probably be read from its beginning (RemoteFs::refresh_to_read).
  enum class Intent { to_know, to_read };
  base::Result<model::Attributes> revalidate(const model::RemotePath& path, const base::OpContext& ctx,
                                             Intent intent = Intent::to_know);

  // What the server has just told elsewhere.
  void learn(const model::RemotePath& path, const model::Attributes& attributes);

  // Forgets what is known of `path` and, for a directory, of everything below it.
  void forget(const model::RemotePath& path);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ftpsfs::cache
