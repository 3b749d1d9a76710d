#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>

#include "ftpsfs/base/error.h"

namespace ftpsfs::net {

// An IPv4 or IPv6 address with a port. A value.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  // A numeric address, without brackets and port. invalid_argument otherwise.
  static base::Result<SocketAddress> parse(const std::string& host, std::uint16_t port = 0);
  static SocketAddress ipv4(const std::array<std::uint8_t, 4>& host, std::uint16_t port);

  std::string to_string() const;  // "192.0.2.1:21", "[2001:db8::1]:21"
  std::string host() const;       // "192.0.2.1", "2001:db8::1"
  std::uint16_t port() const;
  bool is_ipv6() const { return storage.ss_family == AF_INET6; }
  SocketAddress with_port(std::uint16_t port) const;
  bool same_host(const SocketAddress& other) const;  // the ports may differ

  // IPv4 only: 0.0.0.0; an address that means something within one network only (RFC 1918, 3927, 6598, loopback).
  bool is_unspecified() const;
  bool is_private() const;

  const sockaddr* native() const;
};

}  // namespace ftpsfs::net
