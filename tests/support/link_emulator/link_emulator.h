#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "ftpsfs/base/unique_fd.h"
#include "link_emulator/delay_line.h"
#include "link_emulator/network_end.h"

namespace ftpsfs::testing {

struct LinkProfile {
  std::chrono::nanoseconds round_trip{0};
  double megabits = 0;  // a second, in each direction; 0: as fast as the machine
  std::size_t queue_bytes =
      0;            // in each direction; 0: what the link holds in one round trip, 256 KiB at least
  double loss = 0;  // share of packets, in each direction
  int mtu = 1500;
};

struct LinkReport {
  LinkCounters to_server;
  LinkCounters to_client;
};

// A slow link between two network namespaces of this machine. The kernel's TCP runs at both ends; a thread of this
// object carries the packets between the two TUN devices. Nothing of it outlives the process.
// Thread safe but for construction and destruction.
class LinkEmulator {
 public:
  static constexpr const char* kClientAddress = "10.77.0.1";
  static constexpr const char* kServerAddress = "10.77.0.2";

  // Throws std::system_error; needs root and /dev/net/tun.
  explicit LinkEmulator(const LinkProfile& profile);
  ~LinkEmulator();
  LinkEmulator(const LinkEmulator&) = delete;
  LinkEmulator& operator=(const LinkEmulator&) = delete;

  const NetworkEnd& client() const { return client_; }
  const NetworkEnd& server() const { return server_; }

  LinkReport report() const;
  void set_blackhole(bool on);
  void set_loss(double share);

 private:
  enum Towards : std::size_t { to_server, to_client };

  void carry();
  void receive(Towards towards);
  void deliver(Towards towards);
  void count(Towards towards, const Packet& packet);
  void arm_timer() const;
  int source(Towards towards) const { return (towards == to_server ? client_ : server_).device(); }
  int target(Towards towards) const { return (towards == to_server ? server_ : client_).device(); }

  NetworkEnd client_;
  NetworkEnd server_;
  base::UniqueFd timer_;
  base::UniqueFd stop_;
  mutable std::mutex mutex_;  // guards lines_, seen_ and heard_
  std::array<DelayLine, 2> lines_;
  std::array<LinkCounters, 2> seen_;  // only what the TCP headers tell
  std::array<bool, 2> heard_{true, true};
  std::thread carrier_;
};

}  // namespace ftpsfs::testing
