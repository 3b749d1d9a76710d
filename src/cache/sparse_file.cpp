#include "sparse_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkostemp is not in <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace ftpsfs::cache {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using base::UniqueFd;

namespace {

std::unexpected<base::Error> failed(std::string_view what, int error) {
  const auto code = error == ENOSPC || error == EDQUOT ? Errc::no_space : Errc::local_io;
  return fail(code, fmt::format("{} the spool file: {}", what, std::generic_category().message(error)));
}

// For file systems without O_TMPFILE.
int open_and_unlink(const std::filesystem::path& folder) {
  std::string name = (folder / "spool-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd >= 0) ::unlink(name.c_str());
  return fd;
}

int open_nameless(const std::filesystem::path& folder) {
#ifdef O_TMPFILE
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
#endif
  return open_and_unlink(folder);
}

template <class Call>
auto without_interruption(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

Result<SparseFile> SparseFile::create(const std::filesystem::path& folder) {
  UniqueFd fd(open_nameless(folder));
  if (!fd) return failed("cannot create", errno);
  return SparseFile(std::move(fd));
}

Status SparseFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const auto count = without_interruption(
        [&] { return ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset)); });
    if (count < 0) return failed("cannot read", errno);
    if (count == 0) break;
    out = out.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  std::ranges::fill(out, std::byte{0});
  return {};
}

Status SparseFile::write(std::uint64_t offset, std::span<const std::byte> data) {
  while (!data.empty()) {
    const auto count = without_interruption(
        [&] { return ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(offset)); });
    if (count < 0) return failed("cannot write", errno);
    data = data.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Status SparseFile::reserve(model::ByteRange range) {
  if (range.empty()) return {};
  const int result = without_interruption([&] {
    return ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(range.begin),
                       static_cast<off_t>(range.size()));
  });
  // Where the file system cannot promise space, the write itself has to tell.
  if (result < 0 && errno != EOPNOTSUPP && errno != ENOSYS) return failed("cannot enlarge", errno);
  return {};
}

Status SparseFile::cut(std::uint64_t size) {
  const int result = without_interruption([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); });
  if (result < 0) return failed("cannot truncate", errno);
  return {};
}

}  // namespace ftpsfs::cache
