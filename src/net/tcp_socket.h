#pragma once

#include "ftpsfs/net/socket_address.h"

namespace ftpsfs::net {

// No delay, and keep-alive that finds a peer that vanished during a long transfer and keeps NAT entries of an idle
// control connection.
void tune(int socket);

SocketAddress local_address(int socket);

}  // namespace ftpsfs::net
