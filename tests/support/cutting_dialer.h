#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "ftpsfs/net/dialer.h"

namespace ftpsfs::testing {

// TCP whose data channels break after so many bytes of what the client sends, below TLS.
class CuttingDialer final : public net::Dialer {
 public:
  enum class End { reset, close };

  // The next `connections` data channels break behind `bytes` of theirs.
  void cut(std::uint64_t bytes, End end, int connections);

  // Whether one of these has been broken.
  bool has_cut() const { return has_cut_; }

  base::Result<net::Connection> dial(const std::string& host, std::uint16_t port,
                                     const base::OpContext& ctx) override;
  base::Result<net::Connection> dial_beside(const net::SocketAddress& peer, const net::SocketAddress& local,
                                            std::uint16_t port, const base::OpContext& ctx) override;
  base::Result<std::unique_ptr<net::PendingConnection>> start_beside(const net::SocketAddress& peer,
                                                                     const net::SocketAddress& local,
                                                                     std::uint16_t port) override;

 private:
  std::unique_ptr<net::ByteStream> maybe_cut(std::unique_ptr<net::ByteStream> stream);
  class Pending;

  net::TcpDialer tcp_;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<End> end_ = End::reset;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> has_cut_ = false;
};

}  // namespace ftpsfs::testing
