#pragma once

// Seam between everything that knows FTP (below) and everything that makes a file system of it (above).
// Implementations: FtpRemote; decorators in cache/; the in-memory fake in tests/support. One conformance suite runs
// on all of them (tests/conformance).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/op_context.h"
#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/file_version.h"
#include "ftpsfs/model/listing.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::remote {

// Reads one file forwards. Not thread safe; may be used and destroyed by different threads one after the other.
class ByteSource {
 public:
  virtual ~ByteSource() = default;  // abandons what was not read; does not block

  // Blocks for at least one byte; returns how many came, or 0 at the end of the file, which the server has confirmed.
  // A lost connection is replaced without the caller noticing as long as the file is still the same version; Errc::stale
  // when it is not.
  virtual base::Result<std::size_t> read(std::span<std::byte> out, const base::OpContext& ctx) = 0;

  // Where the next read begins.
  virtual std::uint64_t offset() const = 0;
};

// A file whose content may be on its way already.
struct OpenedFile {
  model::Attributes attributes;
  std::unique_ptr<ByteSource>
      source{};  // from byte 0 on, of the version in `attributes`; null: open_read gives it
};

// What to upload. Random access, because an attempt whose connection broke goes on or starts again at byte 0.
struct UploadContent {
  // Absent while it is still being written: then the end shows only when `read_at` gives 0, nothing touches the path
  // before that (not_supported where the server or the user leaves no way for it), and the time and mode of the options
  // are not looked at before either.
  std::optional<std::uint64_t> size = 0;
  // Fills the front of `out` from `offset`, at least one byte of it, or 0 at the end. Local I/O; where the size is absent
  // it may wait for the writer, until ctx's deadline or stop.
  std::function<base::Result<std::size_t>(std::uint64_t offset, std::span<std::byte> out,
                                          const base::OpContext& ctx)>
      read_at;
};

// What is known of the file that is stored, and what it shall get besides its content.
struct StoreOptions {
  std::optional<model::Attributes> replaces{};  // the file that has this path, as last seen
  bool creates =
      false;  // nothing had this path when it was last seen; neither: the implementation looks itself
  std::optional<base::SystemTime> modified{};
  std::optional<std::uint32_t> mode{};  // permission bits; absent: those of the file that is replaced
  // An implementation that keeps content and options durably on this machine may succeed before the server has them.
  bool deferrable = false;
};

struct Stored {
  model::Attributes attributes;  // after it
  bool modified_set = false;     // as the options say; otherwise set_modified tells why not
  bool mode_set = false;
  // The server refuses every look at the file, so that its final reply is all there is, and the attributes are our own.
  bool unseen = false;
};

struct Space {
  std::uint64_t total = 0;      // bytes; what is available where the server tells no more
  std::uint64_t available = 0;  // bytes
};

// A remote directory tree. Thread safe. Every operation may block until ctx's deadline and fails with the Errc that
// names the reason; when an operation has lost its connection after the server may have acted, the implementation
// finds out what happened before it answers, so that no success is reported twice and no change is doubled.
class RemoteFs {
 public:
  virtual ~RemoteFs() = default;

  // One path; a symlink is not followed where the server lets us see it. May leave gaps (mode, link target) that
  // `list` of the parent fills. not_found when it does not exist.
  virtual base::Result<model::Attributes> stat(const model::RemotePath& path, const base::OpContext& ctx) = 0;

  // The same for a path that was a regular file when last seen, as cheap as the server allows; may leave more gaps.
  // not_found also when it is no regular file any more.
  virtual base::Result<model::Attributes> refresh_file(const model::RemotePath& path,
                                                       const base::OpContext& ctx) {
    return stat(path, ctx);
  }

  // The same as refresh_file for whoever will probably read the file from its beginning: the content comes along where
  // that makes nobody wait longer.
  virtual base::Result<OpenedFile> open_file(const model::RemotePath& path, const base::OpContext& ctx) {
    auto attributes = refresh_file(path, ctx);
    if (!attributes) return std::unexpected(attributes.error());
    return OpenedFile{.attributes = std::move(*attributes), .source = nullptr};
  }

  // The same, without the content: a layer that keeps what comes along has it ready for the open_read that follows.
  virtual base::Result<model::Attributes> refresh_to_read(const model::RemotePath& path,
                                                          const base::OpContext& ctx) {
    return refresh_file(path, ctx);
  }

  // The same for a path that was not in its directory a moment ago, as cheap as the server allows: not_found while it is
  // still so. A symlink without a target that somebody else has made meanwhile may go unseen.
  virtual base::Result<model::Attributes> refresh_absent(const model::RemotePath& path,
                                                         const base::OpContext& ctx) {
    return stat(path, ctx);
  }

  // All entries but "." and "..", in the server's order, without duplicates. not_found, not_a_directory,
  // permission_denied as far as the server lets us tell. Where the server cut it short it says so (`complete`).
  virtual base::Result<model::Listing> list(const model::RemotePath& directory,
                                            const base::OpContext& ctx) = 0;

  // A source whose first byte is `offset`. With `expected`, a file that certainly has another version is `stale`.
  // An offset at or after the end gives an empty source.
  virtual base::Result<std::unique_ptr<ByteSource>> open_read(
      const model::RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
      const base::OpContext& ctx) = 0;

  // Makes `path` a regular file with exactly this content, new or instead of the one there. Success only after the
  // server's final reply and an agreeing size (`unseen`: only the former). Time and mode are no conditions of success:
  // the result tells what was set. Until the success a file that is replaced has its old content, and a new one is not there, as far as the server
  // allows that and the implementation has not been told otherwise. The deadline is renewed while data moves.
  virtual base::Result<Stored> store(const model::RemotePath& path, const UploadContent& content,
                                     const StoreOptions& options, const base::OpContext& ctx) = 0;

  // The same where nothing else is known or wanted.
  base::Result<model::Attributes> store(const model::RemotePath& path, const UploadContent& content,
                                        const base::OpContext& ctx) {
    auto stored = store(path, content, {}, ctx);
    if (!stored) return base::fail(std::move(stored));
    return std::move(stored->attributes);
  }

  // Adds what `content` has behind the end of a regular file, which must still be `base` and has what `content` has before
  // its end. Only that much of `content` is read. Success as for `store`. nullopt: not that way, or not to the end; the
  // file has its old content and perhaps some of the new behind it, and takes a `store`. `stale` when it is another file.
  // A failure leaves it as nullopt does.
  virtual base::Result<std::optional<Stored>> append(const model::RemotePath& path,
                                                     const model::FileVersion& base,
                                                     const UploadContent& content,
                                                     const base::OpContext& ctx);

  virtual base::Status remove_file(const model::RemotePath& path, const base::OpContext& ctx) = 0;

  // `exists` when there is something at this path.
  virtual base::Status make_directory(const model::RemotePath& path, const base::OpContext& ctx) = 0;

  // `not_empty` when it has entries.
  virtual base::Status remove_directory(const model::RemotePath& path, const base::OpContext& ctx) = 0;

  // Replaces an existing file, or an empty directory by a directory, at `to`, as rename(2) does; not_empty,
  // is_a_directory or not_a_directory where that does not either.
  virtual base::Status rename(const model::RemotePath& from, const model::RemotePath& to,
                              const base::OpContext& ctx) = 0;

  // not_supported when the server has no command for it, or not for this kind of file.
  virtual base::Status set_modified(const model::RemotePath& path, base::SystemTime modified,
                                    const base::OpContext& ctx) = 0;

  // `mode`: permission bits. not_supported when the server has no command for it.
  virtual base::Status set_mode(const model::RemotePath& path, std::uint32_t mode,
                                const base::OpContext& ctx) = 0;

  // not_supported when the server shows the link but not its target.
  virtual base::Result<std::string> read_link(const model::RemotePath& path, const base::OpContext& ctx) = 0;

  // Makes a symlink whose target reads back exactly as `target`, where nothing is. not_permitted for a target that would
  // not; not_supported when the server has no command for it.
  virtual base::Status make_symlink(const model::RemotePath& link, const std::string& target,
                                    const base::OpContext& ctx);

  // Success: what `store` has acknowledged at `path` and below is on the server. Otherwise the reason why it is not;
  // what failed for good is told once. Does nothing where nothing is ever deferred.
  virtual base::Status settle(const model::RemotePath& path, const base::OpContext& ctx);

  // Gets what an operation with background priority needs, as far as nobody else needs it: where others stand in the way
  // such an operation is `busy` at once. An error when nothing can be had at present; that is no reason to worry.
  virtual base::Status warm_up(const base::OpContext& ctx);

  // nullopt when the server does not tell.
  virtual base::Result<std::optional<Space>> space(const base::OpContext& ctx) = 0;
};

}  // namespace ftpsfs::remote
