#pragma once

// What the operations of a Vfs share: its parts, and the steps that several operations take.

#include "attribute_policies.h"
#include "directory_handle.h"
#include "file_handle.h"
#include "ftpsfs/remote/path_claims.h"
#include "ftpsfs/vfs/vfs.h"
#include "handle_table.h"
#include "inode_table.h"
#include "saver.h"

namespace ftpsfs::vfs {

struct Core {
  Core(cache::MetadataCache& remote_fs, std::shared_ptr<cache::SpoolDirectory> spool_directory,
       VfsOptions vfs_options);

  cache::MetadataCache& remote;
  const VfsOptions options;
  const StatusDefaults defaults;
  const std::unique_ptr<cache::LocalCopies> copies;
  const FileServices services;
  MomentCounter moments;
  InodeTable inodes;
  remote::PathClaims claims;
  AttributePolicies policies;
  Saver saver;
  HandleTable<FileHandle> files;
  HandleTable<DirectoryHandle> directories;

  FileStatus status(const InodeView& view) const { return status_of(view, defaults); }

  // `read_only` when the mount takes no changes.
  base::Status check_changeable() const;

  base::Result<remote::PathClaims::Claim> claim(InodeId inode, const base::OpContext& ctx);
  base::Result<remote::PathClaims::Claim> claim(InodeId directory, std::string_view name,
                                                const base::OpContext& ctx);

  enum class Freshness {
    snapshot,
    server,
    server_to_read,  // of a file that will probably be read
  };
  struct Answer {
    InodeView view;
    model::RemotePath path;
    Moment asked = 0;
  };
  // Asks about an inode. While a rename of ours is half done the server may know neither name, or only the
  // other one; "not found" is asked again after it.
  base::Result<Answer> ask(InodeId inode, Freshness freshness, const base::OpContext& ctx);

  // Makes sure that nothing is at `path`, as the server has it now: `exists` otherwise.
  base::Status check_absent(const model::RemotePath& path, const base::OpContext& ctx);

  // Tells the iterations under way.
  void name_removed(InodeId directory, std::string_view name);
};

// The type of which the operation is not: `is_a_directory`, `not_a_directory` or `invalid_argument`.
base::Status check_type(const InodeView& view, model::FileType wanted);

// So that Vfs can hold a Core without showing it.
class Vfs::Impl : public Core {
 public:
  using Core::Core;
};

}  // namespace ftpsfs::vfs
