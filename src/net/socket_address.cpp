#include <netdb.h>
#include <netinet/in.h>

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "ftpsfs/net/dialer.h"

namespace ftpsfs::net {

const sockaddr* SocketAddress::native() const {
  return reinterpret_cast<const sockaddr*>(&storage);  // NOLINT: the sockets API's own idiom
}

std::string SocketAddress::to_string() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(native(), length, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  return storage.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

SocketAddress SocketAddress::with_port(std::uint16_t port) const {
  SocketAddress copy = *this;
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof address);
    address.sin6_port = htons(port);
    std::memcpy(&copy.storage, &address, sizeof address);
  } else {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof address);
    address.sin_port = htons(port);
    std::memcpy(&copy.storage, &address, sizeof address);
  }
  return copy;
}

}  // namespace ftpsfs::net
