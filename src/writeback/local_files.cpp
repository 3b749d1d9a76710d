#include "local_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace ftpsfs::writeback {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using base::UniqueFd;

namespace {

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

template <class Call>
auto without_interruption(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

Status write_new(const std::filesystem::path& file, std::string_view text, int flags) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, kOwnerOnly));
  if (!fd) return local_error("cannot write", file, errno);
  const auto end = ::lseek(fd.get(), 0, SEEK_END);
  if (end < 0) return local_error("cannot write", file, errno);
  if (auto ok = write_all(fd, static_cast<std::uint64_t>(end), std::as_bytes(std::span(text)), file); !ok)
    return ok;
  return sync_file(fd, file);
}

// With those above it, durably.
Status make_folder(const std::filesystem::path& folder) {
  const auto above = folder.parent_path();
  int error = ::mkdir(folder.c_str(), S_IRWXU) == 0 ? 0 : errno;
  if (error == EEXIST) return {};
  if (error == ENOENT && above != folder && !above.empty()) {
    if (auto ok = make_folder(above); !ok) return ok;
    error = ::mkdir(folder.c_str(), S_IRWXU) == 0 ? 0 : errno;
  }
  if (error != 0 && error != EEXIST) return local_error("cannot make the folder", folder, error);
  return above.empty() ? Status() : sync_folder(above);
}

}  // namespace

std::unexpected<base::Error> local_error(std::string_view what, const std::filesystem::path& file,
                                         int error) {
  const auto code = error == ENOSPC || error == EDQUOT ? Errc::no_space : Errc::local_io;
  return fail(code, fmt::format("{} '{}': {}", what, base::printable(file.string()),
                                std::generic_category().message(error)));
}

Status make_private_folder(const std::filesystem::path& folder) {
  if (auto ok = make_folder(folder); !ok) return ok;
  struct stat status{};
  if (::lstat(folder.c_str(), &status) != 0) return local_error("cannot look at", folder, errno);
  if (!S_ISDIR(status.st_mode)) return local_error("cannot use", folder, ENOTDIR);
  if (status.st_uid != ::geteuid() && ::geteuid() != 0) return local_error("cannot use", folder, EPERM);
  if ((status.st_mode & 077) != 0 && ::chmod(folder.c_str(), S_IRWXU) != 0) {
    return local_error("cannot make private", folder, errno);
  }
  return {};
}

Status sync_folder(const std::filesystem::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return local_error("cannot open", folder, errno);
  return sync_file(fd, folder);
}

Status write_all(const UniqueFd& fd, std::uint64_t offset, std::span<const std::byte> bytes,
                 const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const auto count = without_interruption(
        [&] { return ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (count < 0) return local_error("cannot write", file, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Status sync_file(const UniqueFd& fd, const std::filesystem::path& file) {
  // Some file systems cannot sync a folder, and say so with EINVAL.
  if (without_interruption([&] { return ::fsync(fd.get()); }) != 0 && errno != EINVAL) {
    return local_error("cannot make durable", file, errno);
  }
  return {};
}

Status replace_file(const std::filesystem::path& file, std::string_view text) {
  auto temporary = file;
  temporary += ".new";
  if (auto ok = write_new(temporary, text, O_TRUNC); !ok) {
    ::unlink(temporary.c_str());
    return ok;
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return local_error("cannot replace", file, error);
  }
  return sync_folder(file.parent_path());
}

Status append_to_file(const std::filesystem::path& file, std::string_view text) {
  if (auto ok = write_new(file, text, 0); !ok) return ok;
  return sync_folder(file.parent_path());
}

Status remove_name(const std::filesystem::path& file) {
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return local_error("cannot remove", file, errno);
  return {};
}

Result<std::string> read_file(const std::filesystem::path& file, std::size_t limit) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return local_error("cannot open", file, errno);
  std::string text;
  while (text.size() < limit) {
    char piece[4096];
    const auto most = std::min(sizeof piece, limit - text.size());
    const auto count = without_interruption([&] { return ::read(fd.get(), piece, most); });
    if (count < 0) return local_error("cannot read", file, errno);
    if (count == 0) break;
    text.append(piece, static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace ftpsfs::writeback
