#include "link_emulator/delay_line.h"

#include <algorithm>
#include <utility>

namespace ftpsfs::testing {

namespace {

// A link without a rate still may not eat the machine's memory.
constexpr std::size_t kMostUnderWay = 256U << 20U;

}  // namespace

DelayLine::DelayLine(DelayLineSettings settings, std::uint32_t seed) : settings_(settings), random_(seed) {}

std::chrono::nanoseconds DelayLine::sending_time(std::size_t size) const {
  if (settings_.bits_per_second <= 0) return std::chrono::nanoseconds(0);
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(size) * 8e9 / settings_.bits_per_second));
}

std::size_t DelayLine::waiting_bytes(LinkTime now) const {
  if (settings_.bits_per_second <= 0 || sender_free_ <= now) return 0;
  const std::chrono::duration<double> busy = sender_free_ - now;
  return static_cast<std::size_t>(busy.count() * settings_.bits_per_second / 8);
}

bool DelayLine::is_dropped(std::size_t size, LinkTime now) {
  if (settings_.blackhole) {
    ++counters_.dropped_blackhole;
    return true;
  }
  if (settings_.loss > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < settings_.loss) {
    ++counters_.dropped_loss;
    return true;
  }
  const bool full = settings_.bits_per_second > 0 && waiting_bytes(now) + size > settings_.queue_bytes;
  if (full || under_way_bytes_ + size > kMostUnderWay) {
    ++counters_.dropped_queue;
    return true;
  }
  return false;
}

void DelayLine::offer(Packet packet, LinkTime now) {
  if (is_dropped(packet.size(), now)) return;
  sender_free_ = std::max(sender_free_, now) + sending_time(packet.size());
  under_way_bytes_ += packet.size();
  under_way_.push_back({sender_free_ + settings_.delay, std::move(packet)});
}

std::optional<LinkTime> DelayLine::next_due() const {
  if (under_way_.empty()) return std::nullopt;
  return under_way_.front().due;
}

std::optional<Packet> DelayLine::take(LinkTime now) {
  if (under_way_.empty() || under_way_.front().due > now) return std::nullopt;
  Packet packet = std::move(under_way_.front().packet);
  under_way_.pop_front();
  under_way_bytes_ -= packet.size();
  ++counters_.packets;
  counters_.bytes += packet.size();
  return packet;
}

}  // namespace ftpsfs::testing
