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

class Server {
 public:
  Server() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
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
  const Server listener;
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
  const Server control;
  const Server data;
  TcpDialer dialer;
  auto first = dialer.dial("127.0.0.1", control.port(), soon());
  ASSERT_TRUE(first);
  auto second = dialer.dial_beside(first->peer, first->local, data.port(), soon());
  ASSERT_TRUE(second) << second.error().describe();
  EXPECT_EQ(second->peer.to_string(), "127.0.0.1:" + std::to_string(data.port()));
  EXPECT_THAT(second->local.to_string(), HasSubstr("127.0.0.1:"));
}

TEST(TcpDialer, NamesARefusedConnection) {
  Server listener;
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

TEST(TcpDialer, BeginsAtTheAddressItIsGiven) {
  const Server listener;
  TcpDialer dialer(SocketAddress::parse("127.0.0.3").value());
  const auto connection = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_TRUE(connection) << connection.error().describe();
  EXPECT_EQ(connection->local.host(), "127.0.0.3");
  const auto beside = dialer.dial_beside(connection->peer, connection->local, listener.port(), soon());
  ASSERT_TRUE(beside);
  EXPECT_EQ(beside->local.host(), "127.0.0.3");
}

TEST(TcpDialer, RefusesAnAddressThatIsNotThisMachines) {
  const Server listener;
  TcpDialer dialer(SocketAddress::parse("192.0.2.1").value());
  const auto connection = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, Errc::invalid_argument);
  EXPECT_THAT(connection.error().message, HasSubstr("bind_address"));
}

TEST(TcpDialer, NamesTheKindOfAddressThatIsMissing) {
  TcpDialer dialer(SocketAddress::parse("::1").value());
  const auto connection = dialer.dial("127.0.0.1", 21, soon());
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, Errc::unreachable);
  EXPECT_THAT(connection.error().message, HasSubstr("no IPv6 (bind_address) address"));
}

// Connects from one address of this machine to another; gives the socket.
base::UniqueFd call(const char* from, const SocketAddress& to) {
  base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto source = SocketAddress::parse(from).value();
  EXPECT_EQ(::bind(socket.get(), source.native(), source.length), 0);
  EXPECT_EQ(::connect(socket.get(), to.native(), to.length), 0);
  return socket;
}

base::Result<std::unique_ptr<net::Listener>> listen_for_local_peer(PortRange ports = {}) {
  const auto here = SocketAddress::parse("127.0.0.1", 21).value();
  return TcpDialer().listen_beside(here, here, ports);
}

TEST(TcpListener, TakesThePeersConnectionOnly) {
  const auto listener = listen_for_local_peer();
  ASSERT_TRUE(listener) << listener.error().describe();
  const auto none = (*listener)->try_accept();
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, nullptr);

  const auto stranger = call("127.0.0.2", (*listener)->local());
  const auto peer = call("127.0.0.1", (*listener)->local());
  const auto accepted = (*listener)->try_accept();
  ASSERT_TRUE(accepted);
  ASSERT_NE(*accepted, nullptr);
  char byte = 'p';
  EXPECT_EQ(::read(stranger.get(), &byte, 1), 0) << "turned away";
  ASSERT_EQ(::write(peer.get(), &byte, 1), 1);
  std::array<std::byte, 4> bytes{};
  EXPECT_EQ(read_some(**accepted, bytes, soon(), "testing"), 1U);
}

TEST(TcpListener, UsesOnlyThePortsItMay) {
  const PortRange ports{.first = 15'681, .last = 15'682};
  auto first = listen_for_local_peer(ports);
  auto second = listen_for_local_peer(ports);
  ASSERT_TRUE(first && second);
  EXPECT_NE((*first)->local().port(), (*second)->local().port());
  for (const auto* listener : {&*first, &*second}) {
    EXPECT_GE((*listener)->local().port(), ports.first);
    EXPECT_LE((*listener)->local().port(), ports.last);
  }
  const auto third = listen_for_local_peer(ports);
  ASSERT_FALSE(third);
  EXPECT_THAT(third.error().message, HasSubstr("ports 15681 to 15682"));
  first->reset();
  EXPECT_TRUE(listen_for_local_peer(ports));
}

TEST(TcpListener, TakesAPortAgainWhoseLastConnectionWasEndedHere) {
  for (int i = 0; i < 3; ++i) {
    const auto listener = listen_for_local_peer({.first = 15'685, .last = 15'685});
    ASSERT_TRUE(listener) << listener.error().describe();
    auto peer = call("127.0.0.1", (*listener)->local());
    const auto accepted = (*listener)->try_accept();
    ASSERT_TRUE(accepted && *accepted);
    // Whoever ends a connection first has it in TIME_WAIT for a minute.
    ASSERT_TRUE((*accepted)->try_finish_writing());
    peer.reset();
    std::array<std::byte, 4> bytes{};
    EXPECT_EQ(read_some(**accepted, bytes, soon(), "testing"), 0U);
  }
}

TEST(SocketAddress, IsReadAndWritten) {
  EXPECT_EQ(SocketAddress::parse("192.0.2.1", 21).value().to_string(), "192.0.2.1:21");
  EXPECT_EQ(SocketAddress::parse("2001:db8::1", 990).value().to_string(), "[2001:db8::1]:990");
  EXPECT_EQ(SocketAddress::ipv4({10, 1, 2, 3}, 5).to_string(), "10.1.2.3:5");
  EXPECT_EQ(SocketAddress::parse("::1").value().with_port(7).port(), 7);
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4:5", "[::1]", "256.0.0.1"}) {
    EXPECT_FALSE(SocketAddress::parse(text)) << text;
  }
}

TEST(SocketAddress, ComparesHostsWithoutPorts) {
  const auto one = SocketAddress::parse("192.0.2.1", 21).value();
  EXPECT_TRUE(one.same_host(one.with_port(22)));
  EXPECT_FALSE(one.same_host(SocketAddress::parse("192.0.2.2", 21).value()));
  EXPECT_FALSE(one.same_host(SocketAddress::parse("::1", 21).value()));
  EXPECT_TRUE(SocketAddress::parse("::1").value().same_host(SocketAddress::parse("::1", 5).value()));
}

TEST(SocketAddress, KnowsWhatMeansNothingElsewhere) {
  for (const char* text : {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.7.7", "127.0.0.1",
                           "169.254.1.1", "100.64.0.1"}) {
    EXPECT_TRUE(SocketAddress::parse(text).value().is_private()) << text;
  }
  for (const char* text : {"9.255.255.255", "172.32.0.1", "192.0.2.1", "100.128.0.1", "::1"}) {
    EXPECT_FALSE(SocketAddress::parse(text).value().is_private()) << text;
  }
  EXPECT_TRUE(SocketAddress::parse("0.0.0.0").value().is_unspecified());
  EXPECT_FALSE(SocketAddress::parse("0.0.0.1").value().is_unspecified());
}

TEST(Read, EndsAtTheDeadline) {
  const Server listener;
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

TEST(Read, TellsWhatHasComeAlready) {
  const Server listener;
  TcpDialer dialer;
  auto connection = dialer.dial("127.0.0.1", listener.port(), soon());
  ASSERT_TRUE(connection) << connection.error().describe();
  const auto accepted = listener.accept();
  EXPECT_EQ(bytes_waiting(*connection->stream), 0U);
  ASSERT_EQ(::write(accepted.get(), "world!", 6), 6);
  std::array<std::byte, 2> bytes{};
  ASSERT_EQ(read_some(*connection->stream, bytes, soon(), "testing"), 2U);
  EXPECT_EQ(bytes_waiting(*connection->stream), 4U);
  connection->stream->reset();
  EXPECT_EQ(bytes_waiting(*connection->stream), 0U);
}

TEST(Read, EndsAtAStop) {
  const Server listener;
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
  const Server listener;
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
  const Server listener;
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
  const Server listener;
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
