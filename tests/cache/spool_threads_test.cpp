#include <latch>
#include <thread>

#include "spool_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using base::OpContext;

class SpoolThreads : public SpoolTest {
 protected:
  // The first fetch says that it has begun, and waits to be let go on or stopped.
  void hold_first_fetch() {
    during_fetch = [this](std::uint64_t, const OpContext& ctx) -> base::Status {
      if (fetches > 1) return {};
      begun.count_down();
      std::stop_callback stopped(ctx.stop, [this] { go_on.count_down(); });
      go_on.wait();
      return ctx.check("fetching");
    };
  }

  std::latch begun{1};
  std::latch go_on{1};
};

TEST_F(SpoolThreads, ARangeThatManyMissIsFetchedOnce) {
  hold_first_fetch();
  const auto spool = spool_of("0123456789");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 6; ++i) threads.emplace_back([&] { EXPECT_EQ(read(*spool, 0, 10), "0123456789"); });
  begun.wait();
  go_on.count_down();
  threads.clear();
  EXPECT_EQ(fetches, 1u);
}

TEST_F(SpoolThreads, OnlyWhatNobodyFetchesIsFetched) {
  hold_first_fetch();
  const auto spool = spool_of("0123456789");
  std::jthread first([&] { EXPECT_EQ(read(*spool, 4, 3), "456"); });
  begun.wait();
  EXPECT_EQ(read(*spool, 0, 4), "0123");
  EXPECT_EQ(read(*spool, 7, 3), "789");
  std::jthread second([&] { EXPECT_EQ(read(*spool, 0, 10), "0123456789"); });
  go_on.count_down();
  first.join();
  second.join();
  EXPECT_EQ(fetched_bytes, 10u);
}

TEST_F(SpoolThreads, NoLockIsHeldDuringAFetch) {
  hold_first_fetch();
  const auto spool = spool_of("0123456789");
  std::jthread reader([&] { EXPECT_EQ(read(*spool, 0, 10), "01ab456789"); });
  begun.wait();
  write(*spool, 2, "ab").value();
  EXPECT_EQ(read_local(*spool, 2, 2).value(), "ab");
  EXPECT_EQ(spool->generation(), 1u);
  go_on.count_down();
}

TEST_F(SpoolThreads, AWaiterGivesUpAlone) {
  hold_first_fetch();
  const auto spool = spool_of("0123456789");
  std::jthread first([&] { EXPECT_EQ(read(*spool, 0, 10), "0123456789"); });
  begun.wait();
  EXPECT_TRUE(fails_with(read(*spool, 0, 10, OpContext::with_timeout(std::chrono::milliseconds(10))),
                         Errc::timed_out));
  go_on.count_down();
  first.join();
  EXPECT_EQ(fetches, 1u);
}

TEST_F(SpoolThreads, WhenTheFetcherIsCancelledAWaiterTakesOver) {
  hold_first_fetch();
  const auto spool = spool_of("0123456789");
  std::stop_source stop;
  std::jthread first(
      [&] { EXPECT_TRUE(fails_with(read(*spool, 0, 10, soon(stop.get_token())), Errc::cancelled)); });
  begun.wait();
  std::jthread second([&] { EXPECT_EQ(read(*spool, 0, 10), "0123456789"); });
  stop.request_stop();
  first.join();
  second.join();
  EXPECT_EQ(fetches, 2u);
  EXPECT_EQ(directory->bytes_used(), 10u);
}

TEST_F(SpoolThreads, ManyWritersAndReaders) {
  constexpr std::size_t kPart = 10'000;
  constexpr std::size_t kWriters = 4;
  const auto spool = spool_of(std::string(2 * kWriters * kPart, 'o'));
  std::vector<std::jthread> threads;
  for (std::size_t writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      for (std::size_t i = 0; i < kPart; i += 100) {
        write(*spool, 2 * writer * kPart + i, std::string(100, static_cast<char>('a' + writer))).value();
      }
    });
    threads.emplace_back([&, writer] {
      const auto text = read(*spool, 2 * writer * kPart, 2 * kPart);
      EXPECT_EQ(text.substr(kPart), std::string(kPart, 'o'));
      EXPECT_EQ(text.find_first_not_of(std::string{'o', static_cast<char>('a' + writer)}), std::string::npos);
    });
  }
  threads.clear();
  spool->complete(soon()).value();
  for (std::size_t writer = 0; writer < kWriters; ++writer) {
    EXPECT_EQ(read_local(*spool, 2 * writer * kPart, kPart).value(),
              std::string(kPart, static_cast<char>('a' + writer)));
  }
}

}  // namespace
}  // namespace ftpsfs::testing
