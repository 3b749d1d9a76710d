#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace ftpsfs::testing {

using LinkTime = std::chrono::steady_clock::time_point;
using Packet = std::vector<std::uint8_t>;

// What happened to the packets of one direction. Sizes are those of whole IP packets.
struct LinkCounters {
  std::uint64_t packets = 0;  // delivered
  std::uint64_t bytes = 0;
  std::uint64_t tcp_payload_bytes = 0;
  std::uint64_t tcp_payload_packets = 0;
  std::uint64_t connections = 0;  // SYN without ACK
  std::uint64_t flights = 0;      // times this end spoke (data or SYN) after it had heard the other
  std::uint64_t dropped_queue = 0;
  std::uint64_t dropped_loss = 0;
  std::uint64_t dropped_blackhole = 0;
};

struct DelayLineSettings {
  std::chrono::nanoseconds delay{0};  // one way, behind the time that sending takes
  double bits_per_second = 0;         // 0: as fast as the machine
  std::size_t queue_bytes = 0;        // that wait to be sent; what does not fit is dropped
  double loss = 0;                    // share of packets, 0 to 1
  bool blackhole = false;             // everything is dropped
};

// One direction of a link, without clock and sockets: a queue that is emptied at the link's rate, and then a fixed delay.
// Packets keep their order and are never early. Not thread safe.
class DelayLine {
 public:
  explicit DelayLine(DelayLineSettings settings, std::uint32_t seed = 1);

  // Takes the packet, or drops and counts it.
  void offer(Packet packet, LinkTime now);

  std::optional<LinkTime> next_due() const;
  // The next packet, if its time has come.
  std::optional<Packet> take(LinkTime now);

  void set_blackhole(bool on) { settings_.blackhole = on; }
  void set_loss(double share) { settings_.loss = share; }
  const LinkCounters& counters() const { return counters_; }

 private:
  struct UnderWay {
    LinkTime due;
    Packet packet;
  };

  bool is_dropped(std::size_t size, LinkTime now);
  std::size_t waiting_bytes(LinkTime now) const;
  std::chrono::nanoseconds sending_time(std::size_t size) const;

  DelayLineSettings settings_;
  std::mt19937 random_;
  LinkTime sender_free_{};
  std::deque<UnderWay> under_way_;
  std::size_t under_way_bytes_ = 0;
  LinkCounters counters_;
};

}  // namespace ftpsfs::testing
