#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "ftpsfs/net/blocking.h"
#include "ftpsfs/net/dialer.h"
#include "ftpsfs/net/resolver.h"
#include "tcp_stream.h"

namespace ftpsfs::net {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;

namespace {

// Keep-alive finds a peer that vanished during a long transfer, and keeps NAT entries of an idle control connection.
constexpr int kKeepAliveIdle = 30;      // seconds
constexpr int kKeepAliveInterval = 10;  // seconds
constexpr int kKeepAliveProbes = 4;

void set_option(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof value);
}

void tune(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdle);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveInterval);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
}

std::unexpected<base::Error> unreachable(const SocketAddress& peer, int error) {
  return fail(Errc::unreachable,
              fmt::format("cannot connect to {}: {}", peer.to_string(), std::strerror(error)));
}

SocketAddress local_address(int socket) {
  SocketAddress address;
  address.length = sizeof address.storage;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address.storage),
                &address.length);  // NOLINT: sockets idiom
  return address;
}

base::Status finish_connecting(int socket, const SocketAddress& peer, const OpContext& ctx) {
  Interest writable{.descriptor = socket, .write = true};
  if (auto ok = wait({&writable, 1}, ctx, fmt::format("connecting to {}", peer.to_string())); !ok) return ok;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return unreachable(peer, error);
  return {};
}

Result<Connection> connect_to(const SocketAddress& peer, const SocketAddress* local, const OpContext& ctx) {
  base::UniqueFd socket(::socket(peer.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return unreachable(peer, errno);
  tune(socket.get());
  if (local != nullptr && ::bind(socket.get(), local->native(), local->length) != 0)
    return unreachable(peer, errno);
  if (::connect(socket.get(), peer.native(), peer.length) != 0) {
    if (errno != EINPROGRESS) return unreachable(peer, errno);
    if (auto ok = finish_connecting(socket.get(), peer, ctx); !ok) return fail(std::move(ok));
  }
  Connection connection{.stream = nullptr, .peer = peer, .local = local_address(socket.get())};
  connection.stream = std::make_unique<TcpStream>(std::move(socket));
  return connection;
}

// A first address that swallows packets must leave time for the next one.
OpContext share_of(const OpContext& ctx, std::size_t addresses_left) {
  if (addresses_left <= 1 || ctx.deadline == base::SteadyTime::max()) return ctx;
  const auto left = ctx.deadline - std::chrono::steady_clock::now();
  return ctx.capped(left / static_cast<long>(addresses_left));
}

}  // namespace

Result<Connection> TcpDialer::dial(const std::string& host, std::uint16_t port, const OpContext& ctx) {
  auto addresses = resolve(host, port, ctx);
  if (!addresses) return fail(std::move(addresses));
  Result<Connection> attempt =
      fail(Errc::unreachable, fmt::format("'{}' has no address", base::printable(host)));
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    attempt = connect_to((*addresses)[i], nullptr, share_of(ctx, addresses->size() - i));
    if (attempt || attempt.error().code == Errc::cancelled) return attempt;
  }
  return attempt;
}

Result<Connection> TcpDialer::dial_beside(const SocketAddress& peer, const SocketAddress& local,
                                          std::uint16_t port, const OpContext& ctx) {
  const SocketAddress from = local.with_port(0);
  return connect_to(peer.with_port(port), &from, ctx);
}

}  // namespace ftpsfs::net
