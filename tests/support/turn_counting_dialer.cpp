#include "support/turn_counting_dialer.h"

#include <utility>

namespace ftpsfs::testing {

namespace {

using base::Result;
using net::IoState;
using net::IoStep;

class CountedStream final : public net::ByteStream {
 public:
  CountedStream(std::unique_ptr<net::ByteStream> inner, std::shared_ptr<Turns> turns)
      : inner_(std::move(inner)), turns_(std::move(turns)) {}

  Result<IoStep> try_read(std::span<std::byte> out) override {
    auto step = inner_->try_read(out);
    if (step && step->state == IoState::done) turns_->received();
    return step;
  }

  Result<IoStep> try_write(std::span<const std::byte> data) override {
    auto step = inner_->try_write(data);
    if (step && step->state == IoState::done) turns_->sent();
    return step;
  }

  Result<IoStep> try_finish_writing() override { return inner_->try_finish_writing(); }
  void reset() override { inner_->reset(); }
  int descriptor() const override { return inner_->descriptor(); }

 private:
  std::unique_ptr<net::ByteStream> inner_;
  std::shared_ptr<Turns> turns_;
};

class CountedPending final : public net::PendingConnection {
 public:
  CountedPending(std::unique_ptr<net::PendingConnection> inner, std::shared_ptr<Turns> turns)
      : inner_(std::move(inner)), turns_(std::move(turns)) {}

  Result<std::unique_ptr<net::ByteStream>> try_finish() override {
    auto stream = inner_->try_finish();
    if (!stream || !*stream) return stream;
    return std::make_unique<CountedStream>(std::move(*stream), turns_);
  }

  int descriptor() const override { return inner_->descriptor(); }

 private:
  std::unique_ptr<net::PendingConnection> inner_;
  std::shared_ptr<Turns> turns_;
};

Result<net::Connection> counted(Result<net::Connection> connection, const std::shared_ptr<Turns>& turns) {
  turns->connected();
  if (connection) connection->stream = std::make_unique<CountedStream>(std::move(connection->stream), turns);
  return connection;
}

}  // namespace

void Turns::connected() {
  const std::lock_guard lock(mutex_);
  ++connections_;
}

void Turns::sent() {
  const std::lock_guard lock(mutex_);
  our_turn_ = false;
}

void Turns::received() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(our_turn_, true)) ++turns_;
}

int Turns::round_trips() const {
  const std::lock_guard lock(mutex_);
  return turns_ + connections_;
}

Result<net::Connection> TurnCountingDialer::dial(const std::string& host, std::uint16_t port,
                                                 const base::OpContext& ctx) {
  return counted(tcp_.dial(host, port, ctx), turns_);
}

Result<net::Connection> TurnCountingDialer::dial_beside(const net::SocketAddress& peer,
                                                        const net::SocketAddress& local, std::uint16_t port,
                                                        const base::OpContext& ctx) {
  return counted(tcp_.dial_beside(peer, local, port, ctx), turns_);
}

Result<std::unique_ptr<net::PendingConnection>> TurnCountingDialer::start_beside(
    const net::SocketAddress& peer, const net::SocketAddress& local, std::uint16_t port) {
  auto pending = tcp_.start_beside(peer, local, port);
  if (!pending) return pending;
  turns_->connected();
  return std::make_unique<CountedPending>(std::move(*pending), turns_);
}

}  // namespace ftpsfs::testing
