#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/net/byte_stream.h"
#include "ftpsfs/net/listener.h"
#include "ftpsfs/net/pending_connection.h"
#include "ftpsfs/net/socket_address.h"

namespace ftpsfs::net {

struct Connection {
  std::unique_ptr<ByteStream> stream;
  SocketAddress peer;
  SocketAddress local;
};

// Seam: opens connections. Thread safe. Errors: unreachable, timed_out, cancelled; busy when the port of a data channel
// cannot be used right now because an earlier connection between the same two ports is not quite gone (TIME_WAIT).
class Dialer {
 public:
  virtual ~Dialer() = default;

  // Resolves `host` (a name or a numeric address without brackets) and connects to the first address that answers.
  virtual base::Result<Connection> dial(const std::string& host, std::uint16_t port,
                                        const base::OpContext& ctx) = 0;

  // Connects to `port` of `peer`'s host, from `local`'s address: where a data channel goes, beside a control connection
  // with these two ends. Servers compare both.
  virtual base::Result<Connection> dial_beside(const SocketAddress& peer, const SocketAddress& local,
                                               std::uint16_t port, const base::OpContext& ctx) = 0;

  // The same without waiting for the answer. not_supported unless overridden.
  virtual base::Result<std::unique_ptr<PendingConnection>> start_beside(const SocketAddress& peer,
                                                                        const SocketAddress& local,
                                                                        std::uint16_t port);

  // Waits for a connection from `peer`, at `local`'s address and a free port of `ports`: where an active data channel
  // comes from. Does not block. not_supported unless overridden; internal when no port is free.
  virtual base::Result<std::unique_ptr<Listener>> listen_beside(const SocketAddress& peer,
                                                                const SocketAddress& local, PortRange ports);
};

// TCP with TCP_NODELAY and keep-alive. Name resolution runs beside, so that a silent resolver cannot hold a caller
// longer than its deadline; at most a few resolutions are left behind at any time.
class TcpDialer final : public Dialer {
 public:
  // With `from`, all connections begin at that local address; hosts are then reached by its kind of address only, and
  // `dial` fails with invalid_argument when it is not an address of this machine.
  explicit TcpDialer(std::optional<SocketAddress> from = std::nullopt) : from_(from) {}

  base::Result<Connection> dial(const std::string& host, std::uint16_t port,
                                const base::OpContext& ctx) override;
  base::Result<Connection> dial_beside(const SocketAddress& peer, const SocketAddress& local,
                                       std::uint16_t port, const base::OpContext& ctx) override;
  base::Result<std::unique_ptr<PendingConnection>> start_beside(const SocketAddress& peer,
                                                                const SocketAddress& local,
                                                                std::uint16_t port) override;
  base::Result<std::unique_ptr<Listener>> listen_beside(const SocketAddress& peer, const SocketAddress& local,
                                                        PortRange ports) override;

 private:
  const std::optional<SocketAddress> from_;
};

}  // namespace ftpsfs::net
