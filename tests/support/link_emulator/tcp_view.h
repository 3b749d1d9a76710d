#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ftpsfs::testing {

// What the counters want to know of a TCP segment.
struct TcpView {
  bool opens_connection = false;     // SYN without ACK
  bool confirms_connection = false;  // SYN with ACK
  std::size_t payload_bytes = 0;

  // More than an acknowledgement or an end.
  bool says_something() const { return opens_connection || confirms_connection || payload_bytes > 0; }
};

// Nothing for what is not TCP over IPv4, or too short to be.
std::optional<TcpView> view_tcp(std::span<const std::uint8_t> ip_packet);

}  // namespace ftpsfs::testing
