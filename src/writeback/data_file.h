#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/unique_fd.h"
#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::writeback {

// A content in the journal. It can be read as long as this object lives, also after its name has gone. Thread safe.
class DataFile {
 public:
  DataFile(base::UniqueFd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}

  std::uint64_t size() const { return size_; }

  // Fills `out` from `offset`, or 0 at the end. local_io.
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  base::UniqueFd fd_;
  std::uint64_t size_;
};

using DataRef = std::shared_ptr<const DataFile>;

remote::UploadContent content_of(DataRef data);

std::unique_ptr<remote::ByteSource> source_of(DataRef data, std::uint64_t offset);

}  // namespace ftpsfs::writeback
