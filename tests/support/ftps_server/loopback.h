#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

namespace ftpsfs::testing {

// 127.0.0.1 or ::1 with a port.
class LoopbackAddress {
 public:
  LoopbackAddress(bool ipv6, std::uint16_t port) : ipv6_(ipv6) {
    ipv4_address_.sin_family = AF_INET;
    ipv4_address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ipv4_address_.sin_port = htons(port);
    ipv6_address_.sin6_family = AF_INET6;
    ipv6_address_.sin6_addr = in6addr_loopback;
    ipv6_address_.sin6_port = htons(port);
  }

  [[nodiscard]] const sockaddr* native() const {
    return ipv6_ ? reinterpret_cast<const sockaddr*>(&ipv6_address_)
                 : reinterpret_cast<const sockaddr*>(&ipv4_address_);
  }
  [[nodiscard]] socklen_t size() const { return ipv6_ ? sizeof ipv6_address_ : sizeof ipv4_address_; }

 private:
  bool ipv6_;
  sockaddr_in ipv4_address_{};
  sockaddr_in6 ipv6_address_{};
};

// 0 at an error.
std::uint16_t local_port(int socket);

}  // namespace ftpsfs::testing
