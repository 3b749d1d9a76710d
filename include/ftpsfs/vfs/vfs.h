#pragma once

// The file system itself: inodes, open files and every operation, without a word of FUSE. Each operation is
// one blocking function; the adapter above turns kernel requests into calls and results into replies.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/op_context.h"
#include "ftpsfs/cache/metadata_cache.h"
#include "ftpsfs/cache/read_stream.h"
#include "ftpsfs/cache/spool.h"
#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::vfs {

using InodeId = std::uint64_t;
using HandleId = std::uint64_t;

inline constexpr InodeId kRootInode = 1;

// The number that a path gets, in every mount, unless another path's inode has it already. Thread safe.
InodeId first_inode_number(const model::RemotePath& path);

// What stat(2) shows of a file. Gaps in what the server tells are filled here: mode 0644 or 0755, size 0,
// time of the mount's start.
struct FileStatus {
  InodeId inode = 0;
  model::FileType type = model::FileType::file;
  std::uint64_t size = 0;
  base::SystemTime modified;
  std::uint32_t permissions = 0;  // 07777 bits
  std::uint32_t links = 1;        // also of directories; 0: removed, and still open
};

// What is absent stays as it is.
struct StatusChange {
  std::optional<std::uint64_t> size = {};
  std::optional<base::SystemTime> modified = {};
  std::optional<std::uint32_t> permissions = {};  // 07777 bits; others are ignored
  std::optional<std::uint32_t> owner = {};
  std::optional<std::uint32_t> group = {};
};

struct OpenFlags {
  bool read = true;
  bool write = false;
  bool append = false;
  bool truncate = false;
  bool exclusive = false;  // create only
};

// Who writes: a program with its handle, or the kernel, which saves pages that programs have changed through mmap(2)
// with whatever handle of the file is open for writing.
enum class WriteOrigin { program, page_cache };

struct OpenedFile {
  HandleId handle = 0;
  // The file has, as far as an exact time of the server proves it, the version that the kernel's pages were
  // read from or written by this mount.
  bool keep_page_cache = false;
};

struct CreatedFile {
  FileStatus status;
  OpenedFile file;
};

// fallocate(2): what to do with a range of a file.
enum class Allocation {
  extend,          // room for it, with zeros behind the end, and the size grows over it
  keep_size,       // room for it
  zero,            // zeros instead of what is there, and the size grows over them
  zero_keep_size,  // zeros as far as the file reaches
};

enum class RenameMode { replace, no_replace };

struct FileSystemSpace {
  std::uint64_t total = 0;      // bytes
  std::uint64_t available = 0;  // bytes
};

// What becomes of times, or permissions, that a program sets.
enum class AttributePolicy {
  automatic,  // set on the server; one that lacks the command is a success with one warning per mount
  ignore,     // the server is never asked; a success that changes nothing
  fail,  // set on the server; one that lacks the command is not_supported (times), not_permitted (permissions)
};

struct VfsOptions {
  std::uint32_t owner = 0;  // shown as the owner of everything; chown to anything else is not_permitted
  std::uint32_t group = 0;
  std::uint32_t default_file_mode = 0644;
  std::uint32_t default_directory_mode = 0755;
  bool read_only = false;
  // Long files that are uploaded while they are being written, at most; each holds a connection. 0: none.
  std::size_t concurrent_uploads = 0;
  AttributePolicy times = AttributePolicy::automatic;
  AttributePolicy permissions = AttributePolicy::automatic;
  FileSystemSpace assumed_space{.total = 1ULL << 50,
                                .available = 1ULL << 49};  // when the server does not tell
  cache::ReadStreamOptions reading = {};
  std::optional<cache::LocalCopiesOptions> copies{};  // of files that are read here and there; absent: none
};

// Thread safe; operations on different files do not wait for each other, and none holds a lock during network
// I/O.
//
// Lookup counts: `lookup`, `create`, `make_directory`, `make_file`, `make_symlink` and each entry that `read_directory` hands
// out with its status count one lookup of the inode; `forget` takes them back. The root is never forgotten.
//
// Opening asks the server afresh (close-to-open), unless this mount has unsaved data of the file. When the
// file then turns out to have been replaced by somebody else, handles from before are `stale`: none gets a
// mix of two contents.
//
// Creating asks the server for nothing that a lookup has not told (except when exclusive): the file is there
// for everyone on this mount at once, and on the server after its first flush, even when it is empty.
//
// Writing: the first write (or truncation) of a file opens its spool, which all handles of that inode share
// and which is uploaded by `flush`, `fsync` and `release` (the last is for what no flush has saved). flush
// and fsync succeed only when the server has confirmed everything written before them (below flush and release a remote
// that can keep data durably on this machine may do that instead, see StoreOptions::deferrable; fsync never accepts
// that); on an error the data stays, also after release, and the next flush, open and flush, or flush_all tries again. Reading a file
// with a spool reads the spool. The flush of a handle that is not open for writing leaves the upload to the
// writers, if there are any; fsync never does. A time set while there is unsaved data is set on the server
// after the upload.
//
// A file that is written from its beginning on is uploaded meanwhile, from 8 MiB on, as far as `concurrent_uploads`
// allows; the flush then waits only for the rest. Nothing shows under its name before the flush. A change of what has
// been sent already, or a long pause, ends that, and the flush uploads the file afresh. Its failures are nobody's
// concern, but a full disk or quota of the server is told to the next write, once.
//
// unlink of an open file: its handles go on reading and writing what they had, and nothing of it is uploaded
// any more. What is not yet local is fetched before the server's file is deleted, up to 64 MiB; the handles
// of a larger file find those parts `stale`. The same holds for a file that a rename replaces. rename of an
// open file, or of a directory above it: its handles follow; what is dirty is uploaded first.
//
// An unknown inode is `stale`, an unknown handle `invalid_argument`, an entry of a removed directory
// `not_found`.
class Vfs {
 public:
  // Both caches must outlive this object.
  Vfs(cache::MetadataCache& remote, std::shared_ptr<cache::SpoolDirectory> spools, VfsOptions options);
  ~Vfs();

  base::Result<FileStatus> lookup(InodeId parent, std::string_view name, const base::OpContext& ctx);
  void forget(InodeId inode, std::uint64_t count);

  base::Result<FileStatus> get_status(InodeId inode, const base::OpContext& ctx);
  // A size without an open writer is on the server when this returns, or has not changed; with one it awaits
  // the flush. Owners that cannot be had are `not_permitted`; of times and permissions that the server cannot set
  // the options decide. Several changes are made in the order size, permissions, time; the first error ends them.
  base::Result<FileStatus> set_status(InodeId inode, const StatusChange& change, const base::OpContext& ctx);
  base::Result<std::string> read_link(InodeId inode, const base::OpContext& ctx);

  base::Result<OpenedFile> open(InodeId inode, const OpenFlags& flags, const base::OpContext& ctx);
  base::Result<CreatedFile> create(InodeId parent, std::string_view name, std::uint32_t mode,
                                   const OpenFlags& flags, const base::OpContext& ctx);
  base::Result<std::size_t> read(HandleId handle, std::uint64_t offset, std::span<std::byte> out,
                                 const base::OpContext& ctx);
  // A program's write through a handle with the append flag goes to the end of the file, wherever `offset` is; a page
  // goes to its offset.
  base::Status write(HandleId handle, std::uint64_t offset, std::span<const std::byte> data,
                     const base::OpContext& ctx, WriteOrigin origin = WriteOrigin::program);
  // Room is that of the spool: whether the server has it only the upload can tell.
  base::Status allocate(HandleId handle, Allocation how, std::uint64_t offset, std::uint64_t length,
                        const base::OpContext& ctx);
  base::Status flush(HandleId handle, const base::OpContext& ctx);
  base::Status fsync(HandleId handle, const base::OpContext& ctx);
  void release(HandleId handle, const base::OpContext& ctx);

  // An empty regular file, on the server when this returns (mknod).
  base::Result<FileStatus> make_file(InodeId parent, std::string_view name, std::uint32_t mode,
                                     const base::OpContext& ctx);
  base::Result<FileStatus> make_directory(InodeId parent, std::string_view name, std::uint32_t mode,
                                          const base::OpContext& ctx);
  // not_permitted where the server cannot make one that reads back as `target`.
  base::Result<FileStatus> make_symlink(InodeId parent, std::string_view name, const std::string& target,
                                        const base::OpContext& ctx);
  base::Status remove_file(InodeId parent, std::string_view name, const base::OpContext& ctx);
  base::Status remove_directory(InodeId parent, std::string_view name, const base::OpContext& ctx);
  base::Status rename(InodeId parent, std::string_view name, InodeId new_parent, std::string_view new_name,
                      RenameMode mode, const base::OpContext& ctx);

  // A directory handle holds one listing, so that an iteration is consistent whatever happens meanwhile; only
  // names that this mount removes are left out from then on. Reading from position 0 once more (rewinddir)
  // takes a new listing.
  base::Result<HandleId> open_directory(InodeId inode, const base::OpContext& ctx);

  // Hands out entries from `position` (0 = first; "." and ".." included) until `visit` returns false. `next`
  // is the position behind the entry. With `count_lookups`, entries other than "." and ".." count one lookup
  // each when `visit` accepted them. An entry's status is filled in either case.
  struct DirectoryItem {
    std::string_view name;
    FileStatus status;
    std::uint64_t next = 0;
  };
  base::Status read_directory(HandleId handle, std::uint64_t position, bool count_lookups,
                              const std::function<bool(const DirectoryItem&)>& visit,
                              const base::OpContext& ctx);
  void release_directory(HandleId handle);

  // Changes of a directory are on the server when their operations return; but what files below it have saved may still
  // be kept on this machine (StoreOptions::deferrable), and is on the server after this.
  base::Status fsync_directory(InodeId inode, const base::OpContext& ctx);

  base::Result<FileSystemSpace> space(const base::OpContext& ctx);

  // Uploads everything that is still dirty, for the end of the mount. Returns the first error; each is
  // logged.
  base::Status flush_all(const base::OpContext& ctx);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ftpsfs::vfs
