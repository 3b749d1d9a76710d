#include "link_emulator/link_emulator.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace ftpsfs::testing {
namespace {

using base::UniqueFd;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint16_t kPort = 5000;

bool everything_required() {
  const char* value = std::getenv("FTPSFS_REQUIRE_ALL");
  return value != nullptr && std::string(value) == "1";
}

// A socket lives in the namespace that it was made in, wherever it is used.
UniqueFd socket_at(const NetworkEnd& end, int type) {
  int fd = -1;
  std::thread([&] {
    if (setns(end.network(), CLONE_NEWNET) == 0) fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  }).join();
  const timeval limit{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return UniqueFd(fd);
}

sockaddr_in address_of(const char* host) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  inet_pton(AF_INET, host, &address.sin_addr);
  return address;
}

bool bind_to(const UniqueFd& socket, const char* host) {
  const auto address = address_of(host);
  return bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool connect_to(const UniqueFd& socket, const char* host) {
  const auto address = address_of(host);
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

class LinkEmulatorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0) return;
    const char* why = "a link needs root and /dev/net/tun";
    if (everything_required()) GTEST_FAIL() << why;
    GTEST_SKIP() << why;
  }

  void start(const LinkProfile& profile) {
    link_ = std::make_unique<LinkEmulator>(profile);
    receiver_ = socket_at(link_->server(), SOCK_DGRAM);
    sender_ = socket_at(link_->client(), SOCK_DGRAM);
    ASSERT_TRUE(bind_to(receiver_, LinkEmulator::kServerAddress));
    ASSERT_TRUE(connect_to(sender_, LinkEmulator::kServerAddress));
  }

  void send_datagrams(int count, std::size_t size) const {
    const std::vector<char> data(size);
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(send(sender_.get(), data.data(), data.size(), 0), static_cast<ssize_t>(size));
    }
  }

  // Until `count` packets have been delivered or dropped.
  LinkCounters settled(std::uint64_t count) const {
    const auto end = Clock::now() + std::chrono::seconds(20);
    while (true) {
      const auto now = link_->report().to_server;
      const auto done = now.packets + now.dropped_queue + now.dropped_loss + now.dropped_blackhole;
      if (done >= count || Clock::now() > end) return now;
      std::this_thread::yield();
    }
  }

  std::unique_ptr<LinkEmulator> link_;
  UniqueFd receiver_;
  UniqueFd sender_;
};

TEST_F(LinkEmulatorTest, AnswersTakeTheRoundTripTimeAtLeast) {
  start({.round_trip = milliseconds(40)});
  const auto begin = Clock::now();
  send_datagrams(1, 8);
  sockaddr_in from{};
  socklen_t length = sizeof from;
  char data[8];
  ASSERT_EQ(recvfrom(receiver_.get(), data, sizeof data, 0, reinterpret_cast<sockaddr*>(&from), &length), 8);
  ASSERT_EQ(sendto(receiver_.get(), data, sizeof data, 0, reinterpret_cast<sockaddr*>(&from), length), 8);
  ASSERT_EQ(recv(sender_.get(), data, sizeof data, 0), 8);
  EXPECT_GE(Clock::now() - begin, milliseconds(40));
}

TEST_F(LinkEmulatorTest, NothingIsFasterThanTheRate) {
  start({.megabits = 8, .queue_bytes = 1U << 20U});
  const auto begin = Clock::now();
  send_datagrams(100, 972);  // 1,000 bytes as IP packets
  const auto counters = settled(100);
  EXPECT_GE(Clock::now() - begin, milliseconds(100));
  EXPECT_EQ(counters.packets, 100U);
  EXPECT_EQ(counters.bytes, 100'000U);
}

TEST_F(LinkEmulatorTest, AFullQueueDropsAndCounts) {
  start({.megabits = 0.1, .queue_bytes = 10'000});
  send_datagrams(200, 972);
  const auto counters = settled(200);
  EXPECT_GT(counters.dropped_queue, 0U);
  EXPECT_EQ(counters.packets + counters.dropped_queue, 200U);
}

TEST_F(LinkEmulatorTest, NothingPassesABlackhole) {
  start({});
  link_->set_blackhole(true);
  send_datagrams(5, 100);
  EXPECT_EQ(settled(5).dropped_blackhole, 5U);
  link_->set_blackhole(false);
  send_datagrams(5, 100);
  EXPECT_EQ(settled(10).packets, 5U);
}

TEST_F(LinkEmulatorTest, TcpConnectionsAndFlightsAreCounted) {
  start({.round_trip = milliseconds(4), .megabits = 100});
  const auto listener = socket_at(link_->server(), SOCK_STREAM);
  ASSERT_TRUE(bind_to(listener, LinkEmulator::kServerAddress));
  ASSERT_EQ(listen(listener.get(), 1), 0);
  const auto client = socket_at(link_->client(), SOCK_STREAM);
  ASSERT_TRUE(connect_to(client, LinkEmulator::kServerAddress));
  const UniqueFd server(accept(listener.get(), nullptr, nullptr));
  ASSERT_TRUE(server);
  char data[4] = {};
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(send(client.get(), data, sizeof data, 0), 4);
    ASSERT_EQ(recv(server.get(), data, sizeof data, MSG_WAITALL), 4);
    ASSERT_EQ(send(server.get(), data, sizeof data, 0), 4);
    ASSERT_EQ(recv(client.get(), data, sizeof data, MSG_WAITALL), 4);
  }
  const auto report = link_->report();
  EXPECT_EQ(report.to_server.connections, 1U);
  EXPECT_EQ(report.to_server.tcp_payload_bytes, 12U);
  EXPECT_EQ(report.to_client.tcp_payload_bytes, 12U);
  EXPECT_EQ(report.to_server.flights, 4U);  // the opening and three questions
}

TEST_F(LinkEmulatorTest, GoesAwayWithTheObject) {
  start({});
  const auto path = link_->client().namespace_path();
  link_.reset();
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace ftpsfs::testing
