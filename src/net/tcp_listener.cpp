#include "tcp_listener.h"

#include <sys/socket.h>

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "ftpsfs/base/log.h"
#include "tcp_socket.h"
#include "tcp_stream.h"

namespace ftpsfs::net {

using base::Errc;
using base::fail;
using base::Result;
using base::UniqueFd;

namespace {

// Room for the peer behind strangers who knock first.
constexpr int kBacklog = 4;

// The ports of a range are tried in turn, so that two transfers in a row do not meet on one in TIME_WAIT.
std::uint32_t next_turn() {
  static std::atomic<std::uint32_t> turn{0};
  return turn++;
}

// in_use: another transfer runs at the port, or this side has ended one there less than a minute ago (TIME_WAIT).
// Better than no port at all, but a server that always calls from port 20 may be unable to connect to it once more.
enum class PortState { unused, in_use };

// Linux passes on what befell a connection before it was accepted (accept(2)).
bool is_about_the_caller(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case EHOSTDOWN:
    case EHOSTUNREACH: return true;
    default: return false;
  }
}

bool allow_reuse(int socket) {
  const int one = 1;
  return ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0;
}

UniqueFd listen_at(const SocketAddress& address, PortState acceptable) {
  UniqueFd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return socket;
  // Before bind(2) the option lets this socket have such a port; what is accepted inherits it in any case, because the
  // port's next listener gets it only if both have the option.
  const bool listens = (acceptable == PortState::unused || allow_reuse(socket.get())) &&
                       ::bind(socket.get(), address.native(), address.length) == 0 &&
                       allow_reuse(socket.get()) && ::listen(socket.get(), kBacklog) == 0;
  if (!listens) socket.reset();
  return socket;
}

std::unexpected<base::Error> cannot_listen(const SocketAddress& local, PortRange ports, int error) {
  return fail(Errc::internal, fmt::format("cannot listen at {}, ports {} to {}: {}", local.host(),
                                          ports.first, ports.last, std::strerror(error)));
}

}  // namespace

Result<std::unique_ptr<Listener>> TcpListener::open(const SocketAddress& peer, const SocketAddress& local,
                                                    PortRange ports) {
  const std::uint32_t count = ports.last - ports.first + 1U;
  const std::uint32_t turn = next_turn();
  for (const PortState acceptable : {PortState::unused, PortState::in_use}) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto port = static_cast<std::uint16_t>(ports.first + (turn + i) % count);
      if (UniqueFd socket = listen_at(local.with_port(port), acceptable)) {
        return std::unique_ptr<Listener>(new TcpListener(std::move(socket), peer));
      }
      if (errno != EADDRINUSE) return cannot_listen(local, ports, errno);
    }
  }
  return cannot_listen(local, ports, EADDRINUSE);
}

SocketAddress TcpListener::local() const { return local_address(socket_.get()); }

Result<std::unique_ptr<ByteStream>> TcpListener::try_accept() {
  // Whoever floods the port shall not keep its owner from looking at the clock.
  for (int strangers = 0; strangers <= kBacklog;) {
    SocketAddress from;
    from.length = sizeof from.storage;
    UniqueFd socket(::accept4(socket_.get(),
                              reinterpret_cast<sockaddr*>(&from.storage),  // NOLINT: sockets idiom
                              &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket && from.same_host(peer_)) {
      tune(socket.get());
      return std::make_unique<TcpStream>(std::move(socket));
    }
    if (socket) {
      base::log("net").warn("a connection from {} was turned away: only {} may open this data channel",
                            from.to_string(), peer_.host());
      ++strangers;
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return nullptr;
    if (is_about_the_caller(errno)) {
      ++strangers;
      continue;
    }
    return fail(Errc::internal, fmt::format("accepting a data channel failed: {}", std::strerror(errno)));
  }
  return nullptr;
}

}  // namespace ftpsfs::net
