#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/unique_fd.h"
#include "ftpsfs/model/range_set.h"

namespace ftpsfs::cache {

// A nameless local file that reads as zeros wherever nothing has been written. Errors are no_space and local_io.
// Not thread safe, except for reading.
class SparseFile {
 public:
  // In `folder`, where it has no name and ends with this object, or with the process.
  static base::Result<SparseFile> create(const std::filesystem::path& folder);

  base::Status read(std::uint64_t offset, std::span<std::byte> out) const;
  base::Status write(std::uint64_t offset, std::span<const std::byte> data);

  // Takes the disk space for `range`, so that a write there does not fail halfway for want of it. Contents stay.
  base::Status reserve(model::ByteRange range);

  // Everything from `size` on becomes zeros.
  base::Status cut(std::uint64_t size);

 private:
  explicit SparseFile(base::UniqueFd fd) : fd_(std::move(fd)) {}
  base::UniqueFd fd_;
};

}  // namespace ftpsfs::cache
