#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/net/byte_stream.h"

namespace ftpsfs::net {

// An IPv4 or IPv6 address with a port. A value.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  std::string to_string() const;  // "192.0.2.1:21", "[2001:db8::1]:21"
  SocketAddress with_port(std::uint16_t port) const;
  const sockaddr* native() const;
};

struct Connection {
  std::unique_ptr<ByteStream> stream;
  SocketAddress peer;
  SocketAddress local;
};

// Seam: opens connections. Thread safe. Errors: unreachable, timed_out, cancelled.
class Dialer {
 public:
  virtual ~Dialer() = default;

  // Resolves `host` (a name or a numeric address without brackets) and connects to the first address that answers.
  virtual base::Result<Connection> dial(const std::string& host, std::uint16_t port,
                                        const base::OpContext& ctx) = 0;

  // Connects to another port of `beside`'s peer, from `beside`'s local address: where a data channel goes. Servers
  // compare both ends, and the address in a PASV reply is never trusted.
  virtual base::Result<Connection> dial_beside(const SocketAddress& peer, const SocketAddress& local,
                                               std::uint16_t port, const base::OpContext& ctx) = 0;
};

// TCP with TCP_NODELAY and keep-alive. Name resolution runs beside, so that a silent resolver cannot hold a caller
// longer than its deadline; at most a few resolutions are left behind at any time.
class TcpDialer final : public Dialer {
 public:
  base::Result<Connection> dial(const std::string& host, std::uint16_t port,
                                const base::OpContext& ctx) override;
  base::Result<Connection> dial_beside(const SocketAddress& peer, const SocketAddress& local,
                                       std::uint16_t port, const base::OpContext& ctx) override;
};

}  // namespace ftpsfs::net
