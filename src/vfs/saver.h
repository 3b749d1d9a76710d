#pragma once

#include "attribute_policies.h"
#include "ftpsfs/cache/metadata_cache.h"
#include "ftpsfs/remote/path_claims.h"
#include "inode_table.h"

namespace ftpsfs::vfs {

// Where data must be for a save to succeed: where a crash of this machine leaves them (which is the server, too, unless
// the mount writes back), or on the server in any case.
enum class Durability { kept, on_server };

// Brings to the server what a file has unsaved. Thread safe; blocks.
class Saver {
 public:
  Saver(cache::MetadataCache& remote, InodeTable& inodes, remote::PathClaims& claims, MomentCounter& moments,
        AttributePolicies& policies, std::uint32_t default_file_mode, std::size_t concurrent_uploads)
      : remote_(remote),
        inodes_(inodes),
        claims_(claims),
        moments_(moments),
        policies_(policies),
        default_file_mode_(default_file_mode),
        concurrent_(remote, concurrent_uploads) {}

  // Success: all that was written before this call is where `durability` says. While another upload of the same path
  // runs it waits for that, and may find nothing left to do.
  base::Status save(const FileRef& file, Durability durability, const base::OpContext& ctx);

  // The same for a caller who holds the claim of `path`.
  base::Status save_claimed(const FileRef& file, const model::RemotePath& path, Durability durability,
                            const base::OpContext& ctx);

  // Begins to upload what is still being written, if it is long enough and a thread is free. Does not wait.
  void upload_meanwhile(const FileRef& file);

  // Sets the time under the caller's claim of `path`, as far as the policies have it.
  base::Status set_modified(InodeId inode, const model::RemotePath& path, base::SystemTime modified,
                            const base::OpContext& ctx);

  // Permissions that a new file or directory was made with; of little weight, hence only logged when refused.
  void set_first_permissions(InodeId inode, const model::RemotePath& path, std::uint32_t wanted,
                             std::uint32_t default_mode, const base::OpContext& ctx);

 private:
  base::Status upload(const FileRef& file, const model::RemotePath& path, Durability durability,
                      const base::OpContext& ctx);
  base::Result<bool> try_upload(const FileRef& file, const model::RemotePath& path, Durability durability,
                                const base::OpContext& ctx);
  base::Status settle(const FileRef& file, const base::OpContext& ctx);
  base::Status look_after_append(const FileRef& file, const model::RemotePath& path,
                                 const base::OpContext& ctx);
  base::Result<std::optional<remote::Stored>> append(const FileRef& file, const OpenFile::Upload& upload,
                                                     std::uint64_t size, const model::RemotePath& path,
                                                     const base::OpContext& ctx);
  remote::StoreOptions options_for(const FileRef& file, const OpenFile::Upload& upload) const;
  base::Result<remote::Stored> finish_concurrent(ConcurrentUpload& running, const OpenFile::Upload& upload,
                                                 std::uint64_t size, const model::RemotePath& path,
                                                 const base::OpContext& ctx);
  void note_upload(const FileRef& file, const OpenFile::Upload& upload, std::uint64_t size,
                   const model::RemotePath& path, const model::Attributes& stored);
  base::Status apply_postponed_time(const FileRef& file, const model::RemotePath& path,
                                    const base::OpContext& ctx);

  cache::MetadataCache& remote_;
  InodeTable& inodes_;
  remote::PathClaims& claims_;
  MomentCounter& moments_;
  AttributePolicies& policies_;
  const std::uint32_t default_file_mode_;
  ConcurrentUploads concurrent_;
};

}  // namespace ftpsfs::vfs
