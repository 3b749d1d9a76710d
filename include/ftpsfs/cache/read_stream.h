#pragma once

// Turns the kernel's positioned reads of one open file into one forward stream: one RETR serves a sequential reader,
// a seek restarts it with REST.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "ftpsfs/cache/local_copies.h"
#include "ftpsfs/model/file_version.h"
#include "ftpsfs/remote/fetch_counters.h"
#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::cache {

struct ReadStreamOptions {
  // The kernel's readahead arrives out of order by a few requests of 128 KiB: what was just passed is kept, and a
  // small gap ahead is read through, both cheaper than stopping a transfer.
  std::size_t keep_behind = 1 << 20;      // bytes
  std::size_t max_forward_gap = 1 << 20;  // bytes
  std::size_t chunk = 128 << 10;          // bytes per read of the source
  // So many seeks make a reader one that reads here and there. A program that looks at a file's head, its end and its
  // head again has two.
  int seeks_before_copy = 3;
  // A deadline that moves: a stream that makes progress is never cut off, a silent one always is.
  std::chrono::milliseconds progress_timeout{30'000};
  std::shared_ptr<remote::FetchCounters> counters = std::make_shared<remote::FetchCounters>();  // never null
};

// Reads one version of one file. Thread safe: concurrent readers share the stream; one of them at a time drives the
// source, without a lock held, the others wait for its bytes until their own deadline or stop. A cancelled driver
// leaves the stream consistent for the others.
class ReadStream {
 public:
  // `remote` must outlive this object, and `copies`, if any: then a file that is read here and there is copied. Nothing is
  // opened before the first read.
  ReadStream(remote::RemoteFs& remote, model::RemotePath path, model::FileVersion version,
             const ReadStreamOptions& options, LocalCopies* copies = nullptr);
  ~ReadStream();  // abandons the transfer; does not block on the network

  // Fills `out` from `offset`; less only at the end of the file (version.size), which the server is not asked for.
  // `stale` when the file has changed or ends early. ctx's deadline counts until the stream makes progress.
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out,
                                    const base::OpContext& ctx);

  // The file has been renamed: a restart, or a copy, uses the new path.
  void moved_to(model::RemotePath path);

  // Ends the transfer, if any, and gives its session back; at once, or when the read under way has its bytes. What the
  // window has kept still answers; the next read beyond it starts a new transfer.
  void pause();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ftpsfs::cache
