#include "ftpsfs/net/socket_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <fmt/format.h>

#include <cstring>

namespace ftpsfs::net {

using base::Errc;
using base::fail;
using base::Result;

namespace {

// The sockets API casts between its address types; copying is the way without aliasing.
template <class Native>
Native as(const SocketAddress& address) {
  Native native{};
  std::memcpy(&native, &address.storage, sizeof native);
  return native;
}

template <class Native>
SocketAddress made_of(const Native& native) {
  SocketAddress address;
  std::memcpy(&address.storage, &native, sizeof native);
  address.length = sizeof native;
  return address;
}

sockaddr_in6 as_ipv6(const SocketAddress& address) { return as<sockaddr_in6>(address); }
sockaddr_in as_ipv4(const SocketAddress& address) { return as<sockaddr_in>(address); }

}  // namespace

Result<SocketAddress> SocketAddress::parse(const std::string& host, std::uint16_t port) {
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &ipv4.sin_addr) == 1) return made_of(ipv4);
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, host.c_str(), &ipv6.sin6_addr) == 1) return made_of(ipv6);
  return fail(Errc::invalid_argument,
              fmt::format("'{}' is not a numeric IPv4 or IPv6 address", base::printable(host, 60)));
}

SocketAddress SocketAddress::ipv4(const std::array<std::uint8_t, 4>& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  std::memcpy(&address.sin_addr, host.data(), host.size());
  return made_of(address);
}

const sockaddr* SocketAddress::native() const {
  return reinterpret_cast<const sockaddr*>(&storage);  // NOLINT: the sockets API's own idiom
}

std::string SocketAddress::host() const {
  std::array<char, NI_MAXHOST> text{};
  const int error =
      ::getnameinfo(native(), length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST | NI_NUMERICSERV);
  return error == 0 ? text.data() : "?";
}

std::string SocketAddress::to_string() const {
  return is_ipv6() ? fmt::format("[{}]:{}", host(), port()) : fmt::format("{}:{}", host(), port());
}

std::uint16_t SocketAddress::port() const {
  return ntohs(is_ipv6() ? as_ipv6(*this).sin6_port : as_ipv4(*this).sin_port);
}

SocketAddress SocketAddress::with_port(std::uint16_t port) const {
  if (is_ipv6()) {
    auto address = as_ipv6(*this);
    address.sin6_port = htons(port);
    return made_of(address);
  }
  auto address = as_ipv4(*this);
  address.sin_port = htons(port);
  return made_of(address);
}

bool SocketAddress::same_host(const SocketAddress& other) const {
  if (is_ipv6() != other.is_ipv6()) return false;
  if (!is_ipv6()) return as_ipv4(*this).sin_addr.s_addr == as_ipv4(other).sin_addr.s_addr;
  const auto mine = as_ipv6(*this);
  const auto theirs = as_ipv6(other);
  return std::memcmp(&mine.sin6_addr, &theirs.sin6_addr, sizeof mine.sin6_addr) == 0;
}

bool SocketAddress::is_unspecified() const {
  return !is_ipv6() && as_ipv4(*this).sin_addr.s_addr == htonl(INADDR_ANY);
}

bool SocketAddress::is_private() const {
  if (is_ipv6()) return false;
  const std::uint32_t host = ntohl(as_ipv4(*this).sin_addr.s_addr);
  const auto within = [host](std::uint32_t network, int bits) {
    return host >> (32 - bits) == network >> (32 - bits);
  };
  return within(0x0a00'0000, 8) || within(0xac10'0000, 12) || within(0xc0a8'0000, 16) ||
         within(0xa9fe'0000, 16) || within(0x6440'0000, 10) || within(0x7f00'0000, 8);
}

}  // namespace ftpsfs::net
