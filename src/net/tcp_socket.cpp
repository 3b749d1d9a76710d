#include "tcp_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace ftpsfs::net {
namespace {

constexpr int kKeepAliveIdle = 30;      // seconds
constexpr int kKeepAliveInterval = 10;  // seconds
constexpr int kKeepAliveProbes = 4;

void set_option(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof value);
}

}  // namespace

void tune(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdle);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveInterval);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
}

SocketAddress local_address(int socket) {
  SocketAddress address;
  address.length = sizeof address.storage;
  auto* const storage = reinterpret_cast<sockaddr*>(&address.storage);  // NOLINT: sockets idiom
  ::getsockname(socket, storage, &address.length);
  return address;
}

}  // namespace ftpsfs::net
