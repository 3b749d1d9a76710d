#pragma once

#include <memory>
#include <mutex>

#include "ftpsfs/net/dialer.h"

namespace ftpsfs::testing {

// Counts round trips without a clock: the connections that were made, and the turns, which are the times that something
// was received after something had been sent, over all streams together. What the server sends unasked, or one part of
// an answer after the other, makes no turn.
class Turns {
 public:
  void connected();
  void sent();
  void received();

  int round_trips() const;

 private:
  mutable std::mutex mutex_;
  bool our_turn_ = true;
  int turns_ = 0;
  int connections_ = 0;
};

class TurnCountingDialer final : public net::Dialer {
 public:
  int round_trips() const { return turns_->round_trips(); }

  base::Result<net::Connection> dial(const std::string& host, std::uint16_t port,
                                     const base::OpContext& ctx) override;
  base::Result<net::Connection> dial_beside(const net::SocketAddress& peer, const net::SocketAddress& local,
                                            std::uint16_t port, const base::OpContext& ctx) override;
  base::Result<std::unique_ptr<net::PendingConnection>> start_beside(const net::SocketAddress& peer,
                                                                     const net::SocketAddress& local,
                                                                     std::uint16_t port) override;

 private:
  net::TcpDialer tcp_;
  std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();
};

}  // namespace ftpsfs::testing
