#include "data_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ftpsfs::writeback {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;

namespace {

class DataSource final : public remote::ByteSource {
 public:
  DataSource(DataRef data, std::uint64_t offset) : data_(std::move(data)), offset_(offset) {}

  Result<std::size_t> read(std::span<std::byte> out, const OpContext& /*ctx*/) override {
    auto count = data_->read_at(offset_, out);
    if (count) offset_ += *count;
    return count;
  }

  std::uint64_t offset() const override { return offset_; }

 private:
  const DataRef data_;
  std::uint64_t offset_;
};

}  // namespace

Result<std::size_t> DataFile::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset >= size_ || out.empty()) return 0;
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset)));
  ssize_t count = -1;
  do {
    count = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return fail(Errc::local_io,
                fmt::format("cannot read the journal: {}", std::generic_category().message(errno)));
  }
  if (count == 0) return fail(Errc::local_io, "a file in the journal is shorter than it was");
  return static_cast<std::size_t>(count);
}

remote::UploadContent content_of(DataRef data) {
  remote::UploadContent content{.size = data->size(), .read_at = {}};
  content.read_at = [data = std::move(data)](std::uint64_t offset, std::span<std::byte> out,
                                             const OpContext&) { return data->read_at(offset, out); };
  return content;
}

std::unique_ptr<remote::ByteSource> source_of(DataRef data, std::uint64_t offset) {
  return std::make_unique<DataSource>(std::move(data), offset);
}

}  // namespace ftpsfs::writeback
