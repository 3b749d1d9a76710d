#include <netinet/in.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "ftpsfs/net/blocking.h"
#include "ftpsfs/net/dialer.h"
#include "ftpsfs/net/resolver.h"
#include "tcp_listener.h"
#include "tcp_socket.h"
#include "tcp_stream.h"

namespace ftpsfs::net {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;

namespace {

std::unexpected<base::Error> unreachable(const SocketAddress& peer, int error) {
  const bool later = error == EADDRINUSE || error == EADDRNOTAVAIL;
  return fail(later ? Errc::busy : Errc::unreachable,
              fmt::format("cannot connect to {}: {}", peer.to_string(), std::strerror(error)));
}

base::Status outcome(int socket, const SocketAddress& peer) {
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return unreachable(peer, error);
  return {};
}

// Only the address: the port is chosen when the peer's is known, so that all of them can be used for each peer.
base::Status bind_address(int socket, const SocketAddress& local) {
  const int one = 1;
  ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (::bind(socket, local.native(), local.length) == 0) return {};
  return fail(errno == EADDRNOTAVAIL ? Errc::invalid_argument : Errc::unreachable,
              fmt::format("cannot connect from {} (bind_address): {}", local.host(), std::strerror(errno)));
}

// A socket that has connected, or is about to.
Result<base::UniqueFd> start_connecting(const SocketAddress& peer, const SocketAddress* local) {
  base::UniqueFd socket(::socket(peer.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return unreachable(peer, errno);
  tune(socket.get());
  if (local != nullptr) {
    if (auto ok = bind_address(socket.get(), *local); !ok) return fail(std::move(ok));
  }
  if (::connect(socket.get(), peer.native(), peer.length) != 0 && errno != EINPROGRESS)
    return unreachable(peer, errno);
  return socket;
}

Result<Connection> connect_to(const SocketAddress& peer, const SocketAddress* local, const OpContext& ctx) {
  auto socket = start_connecting(peer, local);
  if (!socket) return fail(std::move(socket));
  Interest writable{.descriptor = socket->get(), .write = true};
  if (auto ok = wait({&writable, 1}, ctx, fmt::format("connecting to {}", peer.to_string())); !ok)
    return fail(std::move(ok));
  if (auto ok = outcome(socket->get(), peer); !ok) return fail(std::move(ok));
  Connection connection{.stream = nullptr, .peer = peer, .local = local_address(socket->get())};
  connection.stream = std::make_unique<TcpStream>(std::move(*socket));
  return connection;
}

class PendingTcp final : public PendingConnection {
 public:
  PendingTcp(base::UniqueFd socket, const SocketAddress& peer) : socket_(std::move(socket)), peer_(peer) {}

  Result<std::unique_ptr<ByteStream>> try_finish() override {
    Interest writable{.descriptor = socket_.get(), .write = true};
    if (!look({&writable, 1})) return nullptr;
    if (auto ok = outcome(socket_.get(), peer_); !ok) return fail(std::move(ok));
    return std::make_unique<TcpStream>(std::move(socket_));
  }

  int descriptor() const override { return socket_.get(); }

 private:
  base::UniqueFd socket_;
  const SocketAddress peer_;
};

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
  if (from_) {
    std::erase_if(*addresses, [this](const auto& peer) { return peer.is_ipv6() != from_->is_ipv6(); });
  }
  Result<Connection> attempt =
      fail(Errc::unreachable, fmt::format("'{}' has no{} address", base::printable(host),
                                          !from_             ? ""
                                          : from_->is_ipv6() ? " IPv6 (bind_address)"
                                                             : " IPv4 (bind_address)"));
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    attempt = connect_to((*addresses)[i], from_ ? &*from_ : nullptr, share_of(ctx, addresses->size() - i));
    if (attempt || attempt.error().code == Errc::cancelled) return attempt;
  }
  return attempt;
}

Result<Connection> TcpDialer::dial_beside(const SocketAddress& peer, const SocketAddress& local,
                                          std::uint16_t port, const OpContext& ctx) {
  const SocketAddress from = local.with_port(0);
  return connect_to(peer.with_port(port), &from, ctx);
}

Result<std::unique_ptr<PendingConnection>> TcpDialer::start_beside(const SocketAddress& peer,
                                                                   const SocketAddress& local,
                                                                   std::uint16_t port) {
  const SocketAddress to = peer.with_port(port);
  const SocketAddress from = local.with_port(0);
  auto socket = start_connecting(to, &from);
  if (!socket) return fail(std::move(socket));
  return std::make_unique<PendingTcp>(std::move(*socket), to);
}

Result<std::unique_ptr<PendingConnection>> Dialer::start_beside(const SocketAddress&, const SocketAddress&,
                                                                std::uint16_t) {
  return fail(Errc::not_supported, "this dialer cannot connect without waiting");
}

Result<std::unique_ptr<Listener>> TcpDialer::listen_beside(const SocketAddress& peer,
                                                           const SocketAddress& local, PortRange ports) {
  return TcpListener::open(peer, local, ports);
}

Result<std::unique_ptr<Listener>> Dialer::listen_beside(const SocketAddress&, const SocketAddress&,
                                                        PortRange) {
  return fail(Errc::not_supported, "this dialer cannot wait for connections");
}

}  // namespace ftpsfs::net
