#include "ftpsfs/base/user_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace ftpsfs::base {
namespace {

struct WipeAtEnd {
  std::string& text;
  ~WipeAtEnd() { wipe(text); }
};

std::string shown(const std::filesystem::path& file) { return printable(file.native()); }

}  // namespace

Result<UniqueFd> open_user_file(const std::filesystem::path& file, std::string_view what) {
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    const Errc code = errno == ENOENT ? Errc::not_found : Errc::permission_denied;
    return fail(code, fmt::format("cannot open the {} {}: {}", what, shown(file), std::strerror(errno)));
  }
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(Errc::invalid_argument, fmt::format("the {} {} is not a regular file", what, shown(file)));
  }
  return fd;
}

Status check_private(const UniqueFd& opened, const std::filesystem::path& file, std::string_view what) {
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) {
    return fail(Errc::local_io, fmt::format("the {} {}: {}", what, shown(file), std::strerror(errno)));
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return fail(Errc::permission_denied,
                fmt::format("the {} {} belongs neither to you nor to root", what, shown(file)));
  }
  if ((status.st_mode & 077U) != 0) {
    return fail(Errc::permission_denied,
                fmt::format("others can use the {0} {1}; make it yours alone with: chmod 600 {1}", what,
                            shown(file)));
  }
  return {};
}

Result<Secret> read_user_file(const UniqueFd& opened, std::size_t limit, const std::filesystem::path& file,
                              std::string_view what) {
  std::string text(limit + 1, '\0');  // growing would leave copies on the heap
  const WipeAtEnd wipe_at_end{text};
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(opened.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return fail(Errc::local_io,
                  fmt::format("cannot read the {} {}: {}", what, shown(file), std::strerror(errno)));
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > limit) {
    return fail(Errc::invalid_argument,
                fmt::format("the {} {}: it is longer than {} bytes", what, shown(file), limit));
  }
  text.resize(size);
  return Secret(std::move(text));
}

}  // namespace ftpsfs::base
