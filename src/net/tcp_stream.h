#pragma once

#include "ftpsfs/base/unique_fd.h"
#include "ftpsfs/net/byte_stream.h"

namespace ftpsfs::net {

// A connected, non-blocking TCP socket.
class TcpStream final : public ByteStream {
 public:
  explicit TcpStream(base::UniqueFd socket) : socket_(std::move(socket)) {}

  base::Result<IoStep> try_read(std::span<std::byte> out) override;
  base::Result<IoStep> try_write(std::span<const std::byte> data) override;
  base::Result<IoStep> try_finish_writing() override;
  void reset() override;
  int descriptor() const override { return socket_.get(); }

 private:
  base::UniqueFd socket_;
};

}  // namespace ftpsfs::net
