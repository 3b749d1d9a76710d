#include <gtest/gtest.h>

#include "link_emulator/delay_line.h"

namespace ftpsfs::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

const LinkTime kStart{std::chrono::hours(1)};

Packet packet_of(std::size_t size, std::uint8_t mark = 0) { return Packet(size, mark); }

DelayLineSettings slow_line() {
  DelayLineSettings settings;
  settings.delay = milliseconds(10);
  settings.bits_per_second = 8e6;  // 1,000 bytes take 1 ms
  settings.queue_bytes = 5000;
  return settings;
}

TEST(DelayLine, HoldsAPacketForItsSendingTimeAndTheDelay) {
  DelayLine line(slow_line());
  line.offer(packet_of(1000), kStart);
  EXPECT_EQ(line.next_due(), kStart + milliseconds(11));
  EXPECT_FALSE(line.take(kStart + milliseconds(11) - nanoseconds(1)));
  EXPECT_TRUE(line.take(kStart + milliseconds(11)));
  EXPECT_FALSE(line.next_due());
}

TEST(DelayLine, SendsOneAfterTheOther) {
  DelayLine line(slow_line());
  for (std::uint8_t mark = 1; mark <= 3; ++mark) line.offer(packet_of(1000, mark), kStart);
  for (std::uint8_t mark = 1; mark <= 3; ++mark) {
    EXPECT_EQ(line.next_due(), kStart + milliseconds(10 + mark));
    EXPECT_EQ(line.take(kStart + milliseconds(20)), packet_of(1000, mark));
  }
}

TEST(DelayLine, DropsAndCountsWhatDoesNotFitIntoTheQueue) {
  DelayLine line(slow_line());
  for (int i = 0; i < 8; ++i) line.offer(packet_of(1000), kStart);
  EXPECT_EQ(line.counters().dropped_queue, 3U);
  line.offer(packet_of(1000), kStart + milliseconds(1));  // one has left the queue
  EXPECT_EQ(line.counters().dropped_queue, 3U);
  int delivered = 0;
  while (line.take(kStart + milliseconds(100))) ++delivered;
  EXPECT_EQ(delivered, 6);
  EXPECT_EQ(line.counters().packets, 6U);
  EXPECT_EQ(line.counters().bytes, 6000U);
}

TEST(DelayLine, WithoutARateOnlyDelays) {
  DelayLineSettings settings;
  settings.delay = milliseconds(10);
  DelayLine line(settings);
  for (int i = 0; i < 1000; ++i) line.offer(packet_of(1500), kStart);
  EXPECT_EQ(line.next_due(), kStart + milliseconds(10));
  EXPECT_EQ(line.counters().dropped_queue, 0U);
}

TEST(DelayLine, LosesAboutTheShareItIsTold) {
  DelayLineSettings settings;
  settings.loss = 0.25;
  DelayLine line(settings);
  for (int i = 0; i < 10'000; ++i) line.offer(packet_of(100), kStart);
  EXPECT_GT(line.counters().dropped_loss, 2200U);
  EXPECT_LT(line.counters().dropped_loss, 2800U);
}

TEST(DelayLine, BlackholeSwallowsUntilItEnds) {
  DelayLine line(slow_line());
  line.set_blackhole(true);
  line.offer(packet_of(100), kStart);
  EXPECT_FALSE(line.next_due());
  EXPECT_EQ(line.counters().dropped_blackhole, 1U);
  line.set_blackhole(false);
  line.offer(packet_of(100), kStart);
  EXPECT_TRUE(line.next_due());
}

}  // namespace
}  // namespace ftpsfs::testing
