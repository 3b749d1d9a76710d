#include "listening_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "unix_socket.h"

namespace ftpsfs::control {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using base::UniqueFd;

constexpr int kBacklog = 16;

std::string shown(const std::filesystem::path& path) { return base::printable(path.native()); }

std::unexpected<base::Error> failed(std::string_view what, const std::filesystem::path& path, int error) {
  Errc code = Errc::local_io;
  if (error == ENOENT) code = Errc::not_found;
  if (error == EACCES || error == EPERM || error == ELOOP || error == ENOTDIR) code = Errc::permission_denied;
  return fail(code, fmt::format("cannot {} {}: {}", what, shown(path), std::strerror(error)));
}

// Of the opened folder, so that a symlink that somebody puts there meanwhile does not count.
Status make_private_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed("make the folder", folder, errno);
  const UniqueFd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened) return failed("open the folder", folder, errno);
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) return failed("look at the folder", folder, errno);
  if (status.st_uid != ::geteuid()) {
    return fail(Errc::permission_denied,
                fmt::format("the folder {} belongs to somebody else", shown(folder)));
  }
  if ((status.st_mode & 077U) != 0) {
    return fail(
        Errc::permission_denied,
        fmt::format("others can use the folder {0}; make it yours alone with: chmod 700 {0}", shown(folder)));
  }
  return {};
}

std::filesystem::path name_for_the_making(const std::filesystem::path& path) {
  return path.native() + ".new";
}

// A socket has nothing to lose: whoever listens there serves a mount that is gone (see Server::open).
Status check_replaceable(const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return failed("look at", path, errno);
  }
  if (S_ISSOCK(status.st_mode)) return {};
  return fail(Errc::local_io, fmt::format("{} is in the way; remove it", shown(path)));
}

Status bind_replacing(const UniqueFd& socket, const std::filesystem::path& path) {
  const auto address = unix_address(path);
  if (!address) return fail(Result<sockaddr_un>(address));
  if (auto replaceable = check_replaceable(path); !replaceable) return replaceable;
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove the old", path, errno);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return failed("make the socket", path, errno);
  }
  return {};
}

}  // namespace

// It gets its name only when it listens, so that clients find the old one or a new one that works.
Result<std::unique_ptr<ListeningSocket>> ListeningSocket::open(const std::filesystem::path& path) {
  if (auto folder = make_private_folder(path.parent_path()); !folder) return fail(std::move(folder));
  if (auto replaceable = check_replaceable(path); !replaceable) return fail(std::move(replaceable));
  auto socket = new_unix_socket();
  if (!socket) return fail(std::move(socket));
  const auto first_name = name_for_the_making(path);
  if (auto bound = bind_replacing(*socket, first_name); !bound) return fail(std::move(bound));
  std::unique_ptr<ListeningSocket> named(new ListeningSocket(first_name, std::move(*socket)));
  if (::chmod(first_name.c_str(), 0600) != 0) return failed("protect", path, errno);
  if (::listen(named->descriptor(), kBacklog) != 0) return failed("listen at", path, errno);
  if (::rename(first_name.c_str(), path.c_str()) != 0) return failed("name the socket", path, errno);
  named->path_ = path;
  return named;
}

ListeningSocket::ListeningSocket(std::filesystem::path path, UniqueFd socket)
    : path_(std::move(path)), socket_(std::move(socket)) {
  struct stat status{};
  if (::lstat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

ListeningSocket::~ListeningSocket() {
  struct stat status{};
  if (::lstat(path_.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
}

UniqueFd ListeningSocket::try_accept() const {
  return UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

}  // namespace ftpsfs::control
