#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

#include "ftpsfs/base/unique_fd.h"
#include "ftpsfs/net/blocking.h"
#include "ftpsfs/net/dialer.h"

namespace ftpsfs::net {
namespace {

using base::Errc;
using base::OpContext;
using ::testing::HasSubstr;

OpContext soon() { return OpContext::with_timeout(std::chrono::seconds(20)); }

class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_.get(), generic, length), 0);
    EXPECT_EQ(::listen(socket_.get(), 4), 0);
    EXPECT_EQ(::getsockname(socket_.get(), generic, &length), 0);
    port_ = ntohs(address.sin_port);
  }

  std::uint16_t port() const { return port_; }
  base::UniqueFd accept() const { return base::UniqueFd(::accept(socket_.get(), nullptr, nullptr)); }
  void close() { socket_.reset(); }

 private:
  base::UniqueFd socket_;
  std::uint16_t port_ = 0;
};

TEST(TcpDialer, ConnectsAndMovesBytesBothWays) {
  const Listener listener;
  TcpDialer dialer;
  auto connection = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_TRUE(connection) << connection.error().describe();
  const auto accepted = listener.accept();
  const std::string hello = "hello";
  ASSERT_TRUE(write_all(*connection->stream, std::as_bytes(std::span(hello)), soon(), "testing"));
  std::array<char, 16> received{};
  ASSERT_EQ(::read(accepted.get(), received.data(), received.size()), 5);
  ASSERT_EQ(::write(accepted.get(), "world!", 6), 6);
  std::array<std::byte, 16> bytes{};
  EXPECT_EQ(read_some(*connection->stream, bytes, soon(), "testing"), 6U);
  EXPECT_EQ(connection->peer.to_string(), "127.0.0.1:" + std::to_string(listener.port()));
}

TEST(TcpDialer, DialsADataPortFromTheSameAddress) {
  const Listener control;
  const Listener data;
  TcpDialer dialer;
  auto first = dialer.dial("127.0.0.1", control.port(), soon());
  ASSERT_TRUE(first);
  auto second = dialer.dial_beside(first->peer, first->local, data.port(), soon());
  ASSERT_TRUE(second) << second.error().describe();
  EXPECT_EQ(second->peer.to_string(), "127.0.0.1:" + std::to_string(data.port()));
  EXPECT_THAT(second->local.to_string(), HasSubstr("127.0.0.1:"));
}

TEST(TcpDialer, NamesARefusedConnection) {
  Listener listener;
  listener.close();
  TcpDialer dialer;
  const auto connection = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, Errc::unreachable);
  EXPECT_THAT(connection.error().message, HasSubstr("refused"));
}

TEST(TcpDialer, NamesAHostThatDoesNotResolve) {
  TcpDialer dialer;
  const auto connection = dialer.dial("no-such-host.invalid", 21, soon());
  ASSERT_FALSE(connection);
  EXPECT_THAT(connection.error().message, HasSubstr("no-such-host.invalid"));
}

TEST(Read, EndsAtTheDeadline) {
  const Listener listener;
  TcpDialer dialer;
  auto connection = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_TRUE(connection);
  std::array<std::byte, 16> bytes{};
  const auto count = read_some(*connection->stream, bytes,
                               OpContext::with_timeout(std::chrono::milliseconds(20)), "reading nothing");
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, Errc::timed_out);
  EXPECT_THAT(count.error().message, HasSubstr("reading nothing"));
}

TEST(Read, EndsAtAStop) {
  const Listener listener;
  TcpDialer dialer;
  auto connection = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_TRUE(connection);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  OpContext ctx = soon();
  ctx.stop = stop.get_token();
  std::array<std::byte, 16> bytes{};
  const auto count = read_some(*connection->stream, bytes, ctx, "testing");
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, Errc::cancelled);
}

TEST(Read, TellsAnEndFromALoss) {
  const Listener listener;
  TcpDialer dialer;
  std::array<std::byte, 16> bytes{};

  auto ended = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_TRUE(ended);
  listener.accept().reset();
  EXPECT_EQ(read_some(*ended->stream, bytes, soon(), "testing"), 0U);

  auto lost = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_TRUE(lost);
  auto accepted = listener.accept();
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(accepted.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  accepted.reset();
  const auto count = read_some(*lost->stream, bytes, soon(), "testing");
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, Errc::connection_lost);
}

TEST(Write, ToAClosedPeerFailsWithoutASignal) {
  const Listener listener;
  TcpDialer dialer;
  auto connection = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_TRUE(connection);
  listener.accept().reset();
  const std::string much(1 << 20, 'x');
  base::Status status;
  for (int i = 0; i < 100 && status; ++i) {
    status = write_all(*connection->stream, std::as_bytes(std::span(much)), soon(), "testing");
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::connection_lost);
}

TEST(Reset, ReachesThePeerAsAReset) {
  const Listener listener;
  TcpDialer dialer;
  auto connection = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_TRUE(connection);
  const auto accepted = listener.accept();
  connection->stream->reset();
  EXPECT_EQ(connection->stream->descriptor(), -1);
  char byte = 0;
  EXPECT_EQ(::read(accepted.get(), &byte, 1), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

}  // namespace
}  // namespace ftpsfs::net
