#pragma once

#include <memory>
#include <optional>

#include "ftpsfs/base/rate_limiter.h"
#include "ftpsfs/net/dialer.h"

namespace ftpsfs::ftp {

// How data channels are made, and how fast they may be. A value; shared by all sessions of a mount, read only.
struct DataChannelSettings {
  // PROT C: the control connection stays encrypted, files and listings travel in the clear. Only because the user said
  // so; without effect where there is no TLS at all.
  bool clear = false;

  // Connect to the address that a 227 names instead of the control connection's peer, and therefore prefer PASV, since
  // a 229 names none. For farms whose data ports are on another machine. An address of all zeros, or a private one of a
  // server with a public address, is not believed even then.
  bool believe_pasv_address = false;

  // The server connects to us (EPRT, PORT) instead of the other way round.
  bool active = false;
  net::PortRange active_ports;                       // to listen on; all zeros: any
  std::optional<net::SocketAddress> active_address;  // what the server is told, for NAT; absent: our own

  // What all transfers with these settings, and with copies of them, may carry together: the content of files and
  // listings, without what TLS adds. Null: as much as they can. The control connection's replies are not counted.
  std::shared_ptr<base::RateLimiter> download_limit;
  std::shared_ptr<base::RateLimiter> upload_limit;
};

}  // namespace ftpsfs::ftp
