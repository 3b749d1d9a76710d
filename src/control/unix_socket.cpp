#include "unix_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "ftpsfs/net/blocking.h"

namespace ftpsfs::control {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using base::UniqueFd;

namespace {

std::unexpected<base::Error> broken(std::string_view what, int error) {
  return fail(Errc::connection_lost,
              fmt::format("the connection broke while {}: {}", what, std::strerror(error)));
}

Status wait_until(const UniqueFd& socket, bool readable, const OpContext& ctx, std::string_view what) {
  net::Interest interest{.descriptor = socket.get(), .read = readable, .write = !readable};
  return net::wait({&interest, 1}, ctx, what);
}

}  // namespace

Result<sockaddr_un> unix_address(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto& text = path.native();
  if (text.size() >= sizeof address.sun_path) {
    return fail(Errc::name_too_long,
                fmt::format("{} is too long for a socket's name", base::printable(text)));
  }
  std::ranges::copy(text, address.sun_path);
  return address;
}

Result<UniqueFd> new_unix_socket() {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail(Errc::internal, std::string("no socket can be made: ") + std::strerror(errno));
  return socket;
}

int connect_to(const UniqueFd& socket, const sockaddr_un& address) {
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  return ::connect(socket.get(), generic, sizeof address) == 0 ? 0 : errno;
}

Result<std::uint32_t> peer_user(const UniqueFd& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return fail(Errc::permission_denied,
                std::string("the system does not tell whose socket this is: ") + std::strerror(errno));
  }
  return credentials.uid;
}

Result<std::string> LineChannel::read_line(std::size_t limit, const OpContext& ctx, std::string_view what) {
  std::size_t searched = 0;
  for (;;) {
    const auto end = received_.find('\n', searched);
    if (end != std::string::npos && end < limit) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (received_.size() >= limit) {
      return fail(Errc::invalid_argument, fmt::format("a line is longer than {} bytes", limit));
    }
    searched = received_.size();
    std::array<char, 4096> buffer{};
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got == 0) return fail(Errc::connection_lost, fmt::format("the other side hung up while {}", what));
    if (got > 0) {
      received_.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (errno == EAGAIN) {
      if (auto ready = wait_until(socket_, true, ctx, what); !ready) return fail(std::move(ready));
    } else if (errno != EINTR) {
      return broken(what, errno);
    }
  }
}

Status LineChannel::write_line(std::string text, const OpContext& ctx, std::string_view what) {
  text += '\n';
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto ready = wait_until(socket_, false, ctx, what); !ready) return ready;
    } else if (errno != EINTR) {
      return broken(what, errno);
    }
  }
  return {};
}

Status LineChannel::wait_for_hang_up(const OpContext& ctx) const {
  net::Interest interest{.descriptor = socket_.get()};  // poll(2) tells of POLLHUP unasked
  return net::wait({&interest, 1}, ctx, "waiting for the other side to hang up");
}

}  // namespace ftpsfs::control
