#include "link_emulator/tcp_view.h"

#include <algorithm>

namespace ftpsfs::testing {

namespace {

constexpr std::size_t kLeastIpHeader = 20;
constexpr std::size_t kLeastTcpHeader = 20;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kAck = 0x10;

std::size_t words(std::uint8_t count) { return std::size_t{count} * 4; }

}  // namespace

std::optional<TcpView> view_tcp(std::span<const std::uint8_t> ip_packet) {
  if (ip_packet.size() < kLeastIpHeader || ip_packet[0] >> 4 != 4 || ip_packet[9] != kTcp)
    return std::nullopt;
  const std::size_t total = std::min<std::size_t>(ip_packet.size(), ip_packet[2] * 256U + ip_packet[3]);
  const std::size_t ip_header = words(ip_packet[0] & 0x0fU);
  if (ip_header < kLeastIpHeader || total < ip_header + kLeastTcpHeader) return std::nullopt;
  const auto tcp = ip_packet.subspan(ip_header, total - ip_header);
  const std::size_t tcp_header = words(tcp[12] >> 4);
  if (tcp_header < kLeastTcpHeader || tcp.size() < tcp_header) return std::nullopt;
  const bool syn = (tcp[13] & kSyn) != 0;
  const bool ack = (tcp[13] & kAck) != 0;
  return TcpView{syn && !ack, syn && ack, tcp.size() - tcp_header};
}

}  // namespace ftpsfs::testing
