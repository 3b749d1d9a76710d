#pragma once

#include "ftpsfs/base/unique_fd.h"
#include "ftpsfs/net/listener.h"

namespace ftpsfs::net {

// A non-blocking listening TCP socket.
class TcpListener final : public Listener {
 public:
  // Errors: internal when no port of the range is free, or the address cannot be bound.
  static base::Result<std::unique_ptr<Listener>> open(const SocketAddress& peer, const SocketAddress& local,
                                                      PortRange ports);

  SocketAddress local() const override;
  base::Result<std::unique_ptr<ByteStream>> try_accept() override;
  int descriptor() const override { return socket_.get(); }

 private:
  TcpListener(base::UniqueFd socket, const SocketAddress& peer) : socket_(std::move(socket)), peer_(peer) {}

  base::UniqueFd socket_;
  SocketAddress peer_;
};

}  // namespace ftpsfs::net
