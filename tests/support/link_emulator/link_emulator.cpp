#include "link_emulator/link_emulator.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <system_error>

#include "link_emulator/tcp_view.h"

namespace ftpsfs::testing {

namespace {

constexpr std::size_t kLeastQueue = 256U << 10U;
constexpr std::size_t kMostPacket = 65536;
// So that a sender at full speed does not keep what is due from being delivered.
constexpr int kPacketsAtOnce = 64;

base::UniqueFd checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return base::UniqueFd(fd);
}

DelayLineSettings settings_of(const LinkProfile& profile) {
  DelayLineSettings settings;
  settings.delay = profile.round_trip / 2;
  settings.bits_per_second = profile.megabits * 1e6;
  settings.loss = profile.loss;
  const std::chrono::duration<double> round_trip = profile.round_trip;
  const auto product = static_cast<std::size_t>(settings.bits_per_second / 8 * round_trip.count());
  settings.queue_bytes = profile.queue_bytes > 0 ? profile.queue_bytes : std::max(product, kLeastQueue);
  return settings;
}

LinkCounters merged(LinkCounters counters, const LinkCounters& seen) {
  counters.tcp_payload_bytes = seen.tcp_payload_bytes;
  counters.tcp_payload_packets = seen.tcp_payload_packets;
  counters.connections = seen.connections;
  counters.flights = seen.flights;
  return counters;
}

}  // namespace

LinkEmulator::LinkEmulator(const LinkProfile& profile)
    : client_(kClientAddress, kServerAddress, profile.mtu),
      server_(kServerAddress, kClientAddress, profile.mtu),
      timer_(checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create")),
      stop_(checked(eventfd(0, EFD_CLOEXEC), "eventfd")),
      lines_{DelayLine(settings_of(profile), 1), DelayLine(settings_of(profile), 2)},
      carrier_([this] { carry(); }) {}

LinkEmulator::~LinkEmulator() {
  eventfd_write(stop_.get(), 1);
  carrier_.join();
}

LinkReport LinkEmulator::report() const {
  const std::lock_guard lock(mutex_);
  return {merged(lines_[to_server].counters(), seen_[to_server]),
          merged(lines_[to_client].counters(), seen_[to_client])};
}

void LinkEmulator::set_blackhole(bool on) {
  const std::lock_guard lock(mutex_);
  for (auto& line : lines_) line.set_blackhole(on);
}

void LinkEmulator::set_loss(double share) {
  const std::lock_guard lock(mutex_);
  for (auto& line : lines_) line.set_loss(share);
}

void LinkEmulator::carry() {
  prctl(PR_SET_TIMERSLACK, 1UL);
  std::array<pollfd, 4> waiting{{{source(to_server), POLLIN, 0},
                                 {source(to_client), POLLIN, 0},
                                 {timer_.get(), POLLIN, 0},
                                 {stop_.get(), POLLIN, 0}}};
  while (waiting[3].revents == 0) {
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
    const std::lock_guard lock(mutex_);
    for (const auto towards : {to_server, to_client}) {
      if (waiting[towards].revents != 0) receive(towards);
      deliver(towards);
    }
    arm_timer();
  }
}

void LinkEmulator::receive(Towards towards) {
  std::array<std::uint8_t, kMostPacket> buffer;
  for (int i = 0; i < kPacketsAtOnce; ++i) {
    const auto size = read(source(towards), buffer.data(), buffer.size());
    if (size <= 0) return;
    Packet packet(buffer.begin(), buffer.begin() + size);
    count(towards, packet);
    lines_[towards].offer(std::move(packet), std::chrono::steady_clock::now());
  }
}

// Counted where the sender hands it over: what is lost on the way has been said all the same.
void LinkEmulator::count(Towards towards, const Packet& packet) {
  const auto segment = view_tcp(packet);
  if (!segment || !segment->says_something()) return;
  auto& seen = seen_[towards];
  if (segment->opens_connection) ++seen.connections;
  seen.tcp_payload_bytes += segment->payload_bytes;
  if (segment->payload_bytes > 0) ++seen.tcp_payload_packets;
  if (heard_[towards]) ++seen.flights;
  heard_[towards] = false;
}

void LinkEmulator::deliver(Towards towards) {
  const Towards backwards = towards == to_server ? to_client : to_server;
  while (const auto packet = lines_[towards].take(std::chrono::steady_clock::now())) {
    const auto segment = view_tcp(*packet);
    if (segment && segment->says_something()) heard_[backwards] = true;
    // A device that takes nothing at the moment is a lossy one; TCP copes with that.
    [[maybe_unused]] const auto written = write(target(towards), packet->data(), packet->size());
  }
}

void LinkEmulator::arm_timer() const {
  std::optional<LinkTime> due;
  for (const auto& line : lines_) {
    const auto next = line.next_due();
    if (next && (!due || *next < *due)) due = next;
  }
  itimerspec at{};
  if (due) {
    // A time of zero would disarm it.
    const auto since_boot = std::max<std::int64_t>(1, due->time_since_epoch().count());
    at.it_value.tv_sec = since_boot / 1'000'000'000;
    at.it_value.tv_nsec = since_boot % 1'000'000'000;
  }
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

}  // namespace ftpsfs::testing
