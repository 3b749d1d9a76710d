#pragma once

// Where a file lives between a program's writes and the server's confirmation.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/op_context.h"
#include "ftpsfs/model/range_set.h"

namespace ftpsfs::cache {

// The folder and the byte budget that all spools of a mount share. Thread safe.
class SpoolDirectory {
 public:
  // Creates `folder` (0700) when missing. `max_bytes` bounds the sum of all spools. local_io when the folder cannot
  // be used, with the reason and the option that names another one.
  static base::Result<std::shared_ptr<SpoolDirectory>> open(std::filesystem::path folder,
                                                            std::uint64_t max_bytes);
  ~SpoolDirectory();

  std::uint64_t bytes_used() const;
  const std::filesystem::path& folder() const;

 private:
  friend class Spool;
  class Impl;
  explicit SpoolDirectory(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One file's content: an unlinked local file plus the ranges of it that are present. What is not present is still only
// on the server and is fetched through `fetch` when it is needed, or is a hole of zeros, which costs no budget. Thread safe; `fetch` is called
// with no lock held, and a range that several callers miss is fetched by one of them.
class Spool {
 public:
  // Reads [offset, offset + out.size()) of the file's old content from the server; may block. The range lies below
  // the size given at creation.
  using Fetch =
      std::function<base::Status(std::uint64_t offset, std::span<std::byte> out, const base::OpContext& ctx)>;

  // A spool of a file that has `remote_size` bytes on the server, none of them here yet. 0 for a new or truncated file.
  static base::Result<std::unique_ptr<Spool>> create(std::shared_ptr<SpoolDirectory> directory,
                                                     std::uint64_t remote_size, Fetch fetch);
  ~Spool();

  std::uint64_t size() const;

  // Less than asked only at the end of the file. no_space when fetched bytes exceed the budget. The time until ctx's
  // deadline counts anew with each piece fetched (at most 1 MiB).
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out,
                                    const base::OpContext& ctx);

  // Any position; a gap behind the end becomes a hole of zeros. no_space when the disk is full, or the budget, and others
  // give nothing back before ctx ends that would make room; then nothing has changed.
  base::Status write_at(std::uint64_t offset, std::span<const std::byte> data, const base::OpContext& ctx);

  base::Status truncate(std::uint64_t new_size, const base::OpContext& ctx);

  // Takes budget and disk for [offset, offset + length), so that a write there does not fail for want of space; what is
  // still on the server of it is fetched. Behind the end are zeros, and with `extend` the size grows over them.
  // no_space when it does not fit, and then nothing has changed.
  base::Status reserve(std::uint64_t offset, std::uint64_t length, bool extend, const base::OpContext& ctx);

  // Zeros in [offset, offset + length) instead of what was there, as far as the file reaches; with `extend` it grows
  // over all of them. Fetches nothing. no_space as for `write_at`.
  base::Status zero(std::uint64_t offset, std::uint64_t length, bool extend, const base::OpContext& ctx);

  // Fetches all that is missing, so that `read_local` can serve the whole file. Deadline and errors as for `read_at`.
  base::Status complete(const base::OpContext& ctx);

  // Reads what is present, never the network. `internal` when a part is missing or lies behind the end.
  base::Status read_local(std::uint64_t offset, std::span<std::byte> out) const;

  // Counts up with every successful change, a truncation to the present size among them; what was uploaded is what `generation` said before the upload's first byte was read.
  std::uint64_t generation() const;

 private:
  class Impl;
  explicit Spool(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ftpsfs::cache
