#include <gtest/gtest.h>

#include <vector>

#include "link_emulator/tcp_view.h"

namespace ftpsfs::testing {
namespace {

// An IPv4 packet with a TCP segment, as far as the counters look at it.
std::vector<std::uint8_t> segment(std::uint8_t flags, std::size_t payload, std::size_t padding = 0) {
  std::vector<std::uint8_t> packet(40 + payload + padding);
  packet[0] = 0x45;
  packet[2] = static_cast<std::uint8_t>((40 + payload) >> 8U);
  packet[3] = static_cast<std::uint8_t>(40 + payload);
  packet[9] = 6;
  packet[32] = 5 << 4;
  packet[33] = flags;
  return packet;
}

TEST(TcpView, TellsAnOpeningFromItsAnswer) {
  EXPECT_TRUE(view_tcp(segment(0x02, 0))->opens_connection);
  EXPECT_FALSE(view_tcp(segment(0x12, 0))->opens_connection);
  EXPECT_TRUE(view_tcp(segment(0x12, 0))->confirms_connection);
  EXPECT_FALSE(view_tcp(segment(0x10, 0))->says_something());
}

TEST(TcpView, CountsThePayloadAlone) {
  EXPECT_EQ(view_tcp(segment(0x18, 700))->payload_bytes, 700U);
  EXPECT_EQ(view_tcp(segment(0x10, 0))->payload_bytes, 0U);
  EXPECT_EQ(view_tcp(segment(0x10, 0, 6))->payload_bytes, 0U);
}

TEST(TcpView, RefusesWhatIsNone) {
  EXPECT_FALSE(view_tcp({}));
  auto udp = segment(0x10, 0);
  udp[9] = 17;
  EXPECT_FALSE(view_tcp(udp));
  auto version6 = segment(0x10, 0);
  version6[0] = 0x60;
  EXPECT_FALSE(view_tcp(version6));
  auto cut = segment(0x10, 0);
  cut.resize(30);
  EXPECT_FALSE(view_tcp(cut));
  auto long_header = segment(0x10, 0);
  long_header[32] = 15 << 4;
  EXPECT_FALSE(view_tcp(long_header));
}

}  // namespace
}  // namespace ftpsfs::testing
