#pragma once

#include <string>

#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::testing {

// One end of a link: a network namespace of its own with a TUN device in it. Nothing has a name on the machine, so both
// go away with the descriptors, even when the process is killed. (The namespace lives on while processes run in it.)
class NetworkEnd {
 public:
  // IPv4 addresses in dotted form. Throws std::system_error; needs root and /dev/net/tun.
  NetworkEnd(const std::string& own_address, const std::string& peer_address, int mtu);

  int device() const { return device_.get(); }  // non-blocking; each read or write is one IP packet
  int network() const { return namespace_.get(); }
  // For nsenter --net=, as long as this process lives.
  std::string namespace_path() const;

 private:
  base::UniqueFd namespace_;
  base::UniqueFd device_;
};

}  // namespace ftpsfs::testing
