#pragma once

#include <optional>
#include <string_view>

#include "ftpsfs/remote/path_claims.h"
#include "ftpsfs/writeback/writeback_fs.h"
#include "ledger.h"
#include "uploader.h"

namespace ftpsfs::writeback {

class WritebackFs::Impl {
 public:
  Impl(remote::RemoteFs& remote, const WritebackOptions& options, std::unique_ptr<Ledger> ledger)
      : remote_(remote),
        accepts_(options.accepts),
        keeps_times_(options.keeps_times),
        ledger_(std::move(ledger)),
        uploader_(remote, *ledger_, options) {}

  remote::RemoteFs& remote() { return remote_; }
  Ledger& ledger() { return *ledger_; }

  base::Result<model::Attributes> stat(const model::RemotePath& path, const base::OpContext& ctx);
  base::Result<model::Listing> list(const model::RemotePath& directory, const base::OpContext& ctx);
  base::Result<std::unique_ptr<remote::ByteSource>> open_read(
      const model::RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
      const base::OpContext& ctx);
  base::Result<remote::Stored> store(const model::RemotePath& path, const remote::UploadContent& content,
                                     const remote::StoreOptions& options, const base::OpContext& ctx);
  base::Result<std::optional<remote::Stored>> append(const model::RemotePath& path,
                                                     const model::FileVersion& base,
                                                     const remote::UploadContent& content,
                                                     const base::OpContext& ctx);
  base::Status remove_file(const model::RemotePath& path, const base::OpContext& ctx);
  base::Status make_directory(const model::RemotePath& path, const base::OpContext& ctx);
  base::Status remove_directory(const model::RemotePath& path, const base::OpContext& ctx);
  base::Status rename(const model::RemotePath& from, const model::RemotePath& to, const base::OpContext& ctx);
  base::Status set_modified(const model::RemotePath& path, base::SystemTime modified,
                            const base::OpContext& ctx);
  base::Status set_mode(const model::RemotePath& path, std::uint32_t mode, const base::OpContext& ctx);
  base::Result<std::string> read_link(const model::RemotePath& path, const base::OpContext& ctx);
  base::Status make_symlink(const model::RemotePath& link, const std::string& target,
                            const base::OpContext& ctx);

 private:
  base::Result<remote::PathClaims::Claim> claim(remote::PathClaims::Paths paths, const base::OpContext& ctx);

  // What a store replaces.
  struct Place {
    bool holds_file_or_nothing = true;
    std::optional<model::FileVersion> replaces;
    std::optional<std::uint32_t> mode;
  };
  base::Result<Place> place_of(const model::RemotePath& path, const remote::StoreOptions& options,
                               const base::OpContext& ctx);
  base::Result<Place> look_at(const model::RemotePath& path, const base::OpContext& ctx);
  base::Status check_not_below_file(const model::RemotePath& path) const;
  base::Status check_directory(const model::RemotePath& directory, const base::OpContext& ctx);

  // Nothing: the content cannot wait here.
  base::Result<std::optional<remote::Stored>> defer(const model::RemotePath& path,
                                                    const remote::UploadContent& content,
                                                    const remote::StoreOptions& options,
                                                    const base::OpContext& ctx);
  base::Result<remote::Stored> store_now(const model::RemotePath& path, const remote::UploadContent& content,
                                         const remote::StoreOptions& options, const base::OpContext& ctx);
  base::Result<remote::Stored> store_growing(const model::RemotePath& path,
                                             const remote::UploadContent& content,
                                             const remote::StoreOptions& options, const base::OpContext& ctx);

  // False: this is no case for the journal alone.
  base::Result<bool> rename_waiting(const model::RemotePath& from, const model::RemotePath& to,
                                    const base::OpContext& ctx);
  base::Status rename_on_server(const model::RemotePath& from, const model::RemotePath& to,
                                const base::OpContext& ctx);

  // With a claim of the path: in the journal if it waits, otherwise by `on_server`.
  base::Status change(const model::RemotePath& path, const std::function<void(Record&)>& in_journal,
                      const std::function<base::Status()>& on_server, const base::OpContext& ctx);

  remote::RemoteFs& remote_;
  const bool accepts_;
  const bool keeps_times_;
  remote::PathClaims claims_;
  const std::unique_ptr<Ledger> ledger_;
  Uploader uploader_;  // after what its threads use
};

}  // namespace ftpsfs::writeback
