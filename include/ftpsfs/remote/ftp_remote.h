#pragma once

#include <memory>
#include <string>

#include "ftpsfs/ftp/name_codec.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/pool/session_pool.h"
#include "ftpsfs/remote/fetch_counters.h"
#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::remote {

class TemporaryFiles;
class UnseenUploads;

enum class Symlinks {
  show,    // as symlinks; targets that leave the mount are refused (not_permitted), others are kept inside it
  hide,    // as if they were not there
  follow,  // as what they point to; those that point to nothing as with `show`
};

// How a file that exists gets a new content.
enum class Uploads {
  automatic,  // replaced at once by renaming; overwritten in place only where the server allows nothing else
  atomic,     // replaced at once, or not_permitted; new files appear at once as well
  in_place,   // overwritten
};

struct FtpRemoteOptions {
  std::shared_ptr<const ftp::NameCodec> names{};  // null: names are bytes, here and on the server
  Symlinks symlinks = Symlinks::show;
  bool unsafe_symlinks = false;  // targets as the server has them, wherever they lead
  Uploads uploads = Uploads::automatic;
  bool read_only = false;  // what crashed mounts have left is not removed
  std::shared_ptr<FetchCounters> counters = std::make_shared<FetchCounters>();  // never null
};

// A directory tree on an FTP server. Thread safe. The only file of this layer, with its parts in src/remote, that knows
// the pool and FTP.
//
// An operation whose session turns out to be lost goes on with a new one, a bounded number of times. A change whose
// outcome is unknown is repeated, and "missing" after a repeated removal or "exists" after a repeated creation then
// means that the first try had worked.
//
// In a folder where the server refuses every look ("drop box"), `stat` and `refresh_file` answer with what this object has
// uploaded there, and not_found for any other name.
class FtpRemote final : public RemoteFs {
 public:
  // Shows what lies below `root`, a path in the server's bytes. `pool` must outlive this object and all sources it
  // opened. This is where names change between the server's charset and UTF-8: below, paths are the server's, above,
  // they are the mount's.
  FtpRemote(pool::SessionPool& pool, model::RemotePath root, FtpRemoteOptions options = {});
  ~FtpRemote() override;

  base::Result<model::Attributes> stat(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Result<model::Attributes> refresh_file(const model::RemotePath& path,
                                               const base::OpContext& ctx) override;
  base::Result<OpenedFile> open_file(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Result<model::Attributes> refresh_absent(const model::RemotePath& path,
                                                 const base::OpContext& ctx) override;
  base::Result<model::Listing> list(const model::RemotePath& directory, const base::OpContext& ctx) override;
  base::Result<std::unique_ptr<ByteSource>> open_read(const model::RemotePath& path, std::uint64_t offset,
                                                      const std::optional<model::FileVersion>& expected,
                                                      const base::OpContext& ctx) override;
  base::Result<Stored> store(const model::RemotePath& path, const UploadContent& content,
                             const StoreOptions& options, const base::OpContext& ctx) override;
  using RemoteFs::store;
  base::Result<std::optional<Stored>> append(const model::RemotePath& path, const model::FileVersion& base,
                                             const UploadContent& content,
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
  base::Status warm_up(const base::OpContext& ctx) override;
  base::Result<std::optional<Space>> space(const base::OpContext& ctx) override;

 private:
  base::Result<model::RemotePath> on_server(const model::RemotePath& path) const;
  model::Listing shown(model::Listing entries, const model::RemotePath& directory) const;
  void show_target(model::Attributes& attributes, const model::RemotePath& link) const;
  base::Result<std::string> shown_target(const std::string& target, const model::RemotePath& link) const;
  base::Result<model::RemotePath> destination(const model::RemotePath& link, const std::string& target) const;
  base::Status check_symlink(ftp::Session& session, const model::RemotePath& link, const std::string& target,
                             const base::OpContext& ctx) const;
  base::Status follow(ftp::Session& session, model::Listing& entries, const model::RemotePath& directory,
                      const base::OpContext& ctx) const;
  base::Result<model::Attributes> look_at(ftp::Session& session, const model::RemotePath& path,
                                          const base::OpContext& ctx) const;

  base::Result<model::Attributes> or_unseen(base::Result<model::Attributes> answer,
                                            const ftp::ServerKnowledge& server,
                                            const model::RemotePath& path) const;

  pool::SessionPool& pool_;
  model::RemotePath root_;
  FtpRemoteOptions options_;
  const std::unique_ptr<TemporaryFiles> temporaries_;
  const std::unique_ptr<UnseenUploads> unseen_;
};

}  // namespace ftpsfs::remote
