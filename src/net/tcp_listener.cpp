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

// A port of the range is tried in turn, so that two transfers in a row do not meet on one in TIME_WAIT.
std::uint32_t next_turn() {
  static std::atomic<std::uint32_t> turn{0};
  return turn++;
}

UniqueFd listen_at(const SocketAddress& address) {
  UniqueFd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return socket;
  if (::bind(socket.get(), address.native(), address.length) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    socket.reset();
  }
  return socket;
}

}  // namespace

Result<std::unique_ptr<Listener>> TcpListener::open(const SocketAddress& peer, const SocketAddress& local,
                                                    PortRange ports) {
  const std::uint32_t count = ports.last - ports.first + 1U;
  const std::uint32_t turn = next_turn();
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(ports.first + (turn + i) % count);
    if (UniqueFd socket = listen_at(local.with_port(port))) {
      return std::unique_ptr<Listener>(new TcpListener(std::move(socket), peer));
    }
    if (errno != EADDRINUSE) break;
  }
  return fail(Errc::internal, fmt::format("cannot listen at {}, ports {} to {}: {}", local.host(),
                                          ports.first, ports.last, std::strerror(errno)));
}

SocketAddress TcpListener::local() const { return local_address(socket_.get()); }

Result<std::unique_ptr<ByteStream>> TcpListener::try_accept() {
  for (;;) {
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
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return nullptr;
    return fail(Errc::internal, fmt::format("accepting a data channel failed: {}", std::strerror(errno)));
  }
}

}  // namespace ftpsfs::net
