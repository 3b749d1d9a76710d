#include "support/cutting_dialer.h"

#include <sys/socket.h>

#include <algorithm>

namespace ftpsfs::testing {

namespace {

using base::Result;
using net::IoStep;

class CutStream final : public net::ByteStream {
 public:
  CutStream(std::unique_ptr<net::ByteStream> inner, std::uint64_t bytes, CuttingDialer::End end,
            std::atomic<bool>& has_cut)
      : inner_(std::move(inner)), left_(bytes), end_(end), has_cut_(has_cut) {}

  Result<IoStep> try_read(std::span<std::byte> out) override {
    if (cut_) return lost();
    return inner_->try_read(out);
  }

  Result<IoStep> try_write(std::span<const std::byte> data) override {
    if (left_ == 0 && !cut_) cut();
    if (cut_) return lost();
    auto step = inner_->try_write(data.first(std::min<std::size_t>(data.size(), left_)));
    if (step) left_ -= step->bytes;
    return step;
  }

  Result<IoStep> try_finish_writing() override {
    if (cut_) return lost();
    return inner_->try_finish_writing();
  }

  void reset() override { inner_->reset(); }
  int descriptor() const override { return inner_->descriptor(); }

 private:
  static std::unexpected<base::Error> lost() {
    return base::fail(base::Errc::connection_lost, "the test has cut the connection");
  }

  void cut() {
    cut_ = true;
    has_cut_ = true;
    if (end_ == CuttingDialer::End::reset) {
      inner_->reset();
    } else {
      ::shutdown(inner_->descriptor(), SHUT_RDWR);
    }
  }

  std::unique_ptr<net::ByteStream> inner_;
  std::uint64_t left_;
  CuttingDialer::End end_;
  std::atomic<bool>& has_cut_;
  bool cut_ = false;
};

}  // namespace

void CuttingDialer::cut(std::uint64_t bytes, End end, int connections) {
  bytes_ = bytes;
  end_ = end;
  connections_ = connections;
  has_cut_ = false;
}

Result<net::Connection> CuttingDialer::dial(const std::string& host, std::uint16_t port,
                                            const base::OpContext& ctx) {
  return tcp_.dial(host, port, ctx);
}

Result<net::Connection> CuttingDialer::dial_beside(const net::SocketAddress& peer,
                                                   const net::SocketAddress& local, std::uint16_t port,
                                                   const base::OpContext& ctx) {
  auto connection = tcp_.dial_beside(peer, local, port, ctx);
  if (connection) connection->stream = maybe_cut(std::move(connection->stream));
  return connection;
}

std::unique_ptr<net::ByteStream> CuttingDialer::maybe_cut(std::unique_ptr<net::ByteStream> stream) {
  if (connections_ <= 0) return stream;
  --connections_;
  return std::make_unique<CutStream>(std::move(stream), bytes_, end_, has_cut_);
}

class CuttingDialer::Pending final : public net::PendingConnection {
 public:
  Pending(std::unique_ptr<net::PendingConnection> inner, CuttingDialer& dialer)
      : inner_(std::move(inner)), dialer_(dialer) {}

  Result<std::unique_ptr<net::ByteStream>> try_finish() override {
    auto stream = inner_->try_finish();
    if (stream && *stream) *stream = dialer_.maybe_cut(std::move(*stream));
    return stream;
  }

  int descriptor() const override { return inner_->descriptor(); }

 private:
  std::unique_ptr<net::PendingConnection> inner_;
  CuttingDialer& dialer_;
};

Result<std::unique_ptr<net::PendingConnection>> CuttingDialer::start_beside(const net::SocketAddress& peer,
                                                                            const net::SocketAddress& local,
                                                                            std::uint16_t port) {
  auto pending = tcp_.start_beside(peer, local, port);
  if (!pending) return pending;
  return std::make_unique<Pending>(std::move(*pending), *this);
}

}  // namespace ftpsfs::testing
