#include <atomic>
#include <thread>

#include "cache_test_support.h"
#include "ftpsfs/cache/read_stream.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using base::OpContext;
using std::chrono::milliseconds;

constexpr std::size_t kPiece = 16 << 10;

class ReadStreamThreads : public ::testing::Test {
 protected:
  ReadStreamThreads() : content(random_text(64 * kPiece)) {
    remote.put_file("/f", content);
    stream = std::make_unique<cache::ReadStream>(
        remote, path("/f"), model::FileVersion::of(*remote.attributes("/f")), cache::ReadStreamOptions{});
  }

  std::string read(std::size_t piece, const OpContext& ctx) {
    std::string text(kPiece, '\0');
    const auto count = stream->read_at(piece * kPiece, std::as_writable_bytes(std::span(text)), ctx);
    if (!count) return outcome(count);
    return text == content.substr(piece * kPiece, *count) && *count == kPiece ? "right" : "wrong";
  }
  std::string read(std::size_t piece) { return read(piece, soon()); }

  MemoryRemoteFs remote;
  std::string content;
  std::unique_ptr<cache::ReadStream> stream;
};

TEST_F(ReadStreamThreads, ReadersOfNeighbouringPiecesShareOneTransfer) {
  remote.block(Operation::open_read);
  std::jthread first([&] { EXPECT_EQ(read(0), "right"); });
  remote.wait_until_blocked(Operation::open_read, 1);
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < 8; ++i) others.emplace_back([&, i] { EXPECT_EQ(read(i), "right"); });
  remote.release(Operation::open_read);
  first.join();
  others.clear();
  EXPECT_EQ(remote.calls(Operation::open_read), 1u);
}

TEST_F(ReadStreamThreads, WhatIsKeptIsReadWhileTheDriverWaits) {
  EXPECT_EQ(read(0), "right");
  remote.block(Operation::read);
  std::jthread driver([&] { EXPECT_EQ(read(9), "right"); });
  remote.wait_until_blocked(Operation::read, 1);
  EXPECT_EQ(read(0), "right");
  remote.release(Operation::read);
}

TEST_F(ReadStreamThreads, AWaiterGivesUpAloneAtHisDeadline) {
  remote.block(Operation::read);
  std::jthread driver([&] { EXPECT_EQ(read(0), "right"); });
  remote.wait_until_blocked(Operation::read, 1);
  EXPECT_EQ(read(1, OpContext::with_timeout(milliseconds(10))), "timed out");
  remote.release(Operation::read);
  driver.join();
  EXPECT_EQ(remote.calls(Operation::open_read), 1u);
}

TEST_F(ReadStreamThreads, AStopInterruptsAWaiterOnly) {
  remote.block(Operation::read);
  std::jthread driver([&] { EXPECT_EQ(read(0), "right"); });
  remote.wait_until_blocked(Operation::read, 1);
  std::stop_source stop;
  std::jthread waiter([&] { EXPECT_EQ(read(1, soon(stop.get_token())), "cancelled"); });
  stop.request_stop();
  waiter.join();
  remote.release(Operation::read);
  driver.join();
  EXPECT_EQ(remote.calls(Operation::open_read), 1u);
}

TEST_F(ReadStreamThreads, ACancelledDriverLeavesTheStreamToTheOthers) {
  for (const auto stuck : {Operation::open_read, Operation::read}) {
    stream->pause();
    remote.block(stuck);
    const std::size_t piece = stuck == Operation::read ? 32 : 0;
    std::stop_source stop;
    std::jthread driver([&] { EXPECT_EQ(read(piece, soon(stop.get_token())), "cancelled"); });
    remote.wait_until_blocked(stuck, 1);
    std::vector<std::jthread> others;
    for (std::size_t i = 0; i < 4; ++i) others.emplace_back([&, i] { EXPECT_EQ(read(piece + i), "right"); });
    stop.request_stop();
    driver.join();
    remote.wait_until_blocked(stuck, 1);
    remote.release(stuck);
  }
}

TEST_F(ReadStreamThreads, TheFailureOfTheDriverReachesThoseWhoWait) {
  remote.block(Operation::open_read);
  remote.lose_next_answer(Operation::open_read, Errc::permission_denied);
  std::jthread driver([&] { EXPECT_EQ(read(0), "permission denied"); });
  remote.wait_until_blocked(Operation::open_read, 1);
  std::jthread waiter([&] {
    const auto result = read(1);  // or, when it comes late, starts a transfer of its own
    EXPECT_TRUE(result == "permission denied" || result == "right") << result;
  });
  remote.release(Operation::open_read);
}

TEST_F(ReadStreamThreads, PauseWhileAReadIsUnderWay) {
  remote.block(Operation::read);
  std::jthread driver([&] { EXPECT_EQ(read(0), "right"); });
  remote.wait_until_blocked(Operation::read, 1);
  stream->pause();
  remote.release(Operation::read);
  driver.join();
  EXPECT_EQ(remote.sources_alive(), 0u);
}

TEST_F(ReadStreamThreads, ManyReadersEverywhere) {
  remote.limit_reads(5000);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 0; seed < 6; ++seed) {
      threads.emplace_back([&, seed] {
        std::mt19937 random(seed);
        for (int i = 0; i < 100; ++i) {
          if (read(random() % 64) != "right") ++wrong;
          if (random() % 16 == 0) stream->pause();
        }
      });
    }
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        std::stop_source stop;
        std::jthread stopper([&] { stop.request_stop(); });
        const auto result = read(static_cast<std::size_t>(i) % 64, soon(stop.get_token()));
        if (result != "right" && result != "cancelled") ++wrong;
      }
    });
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(remote.sources_alive(), 1u);
}

}  // namespace
}  // namespace ftpsfs::testing
