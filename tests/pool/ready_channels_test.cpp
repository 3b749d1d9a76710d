// Which sessions of a pool have a data channel ready, and for how long.

#include <gmock/gmock.h>

#include <chrono>
#include <thread>
#include <vector>

#include "ftpsfs/pool/session_pool.h"
#include "support/fake_clock.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using ftp::Command;
using pool::Lease;
using pool::PoolOptions;
using pool::Purpose;

constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::milliseconds kShort{30};

class ReadyChannelsOfAPool : public ::testing::Test {
 protected:
  void serve(const PoolOptions& options = {}) {
    served_.emplace(permissive());
    served_->folder.write("file", "content");
    pool_.emplace([this](const base::OpContext&) { return served_->stack.open_session(); }, options, clock_);
  }

  Lease lend(Purpose purpose = Purpose::command) {
    auto lease = pool_->acquire(purpose, test_context());
    EXPECT_TRUE(lease) << lease.error().describe();
    return lease ? std::move(*lease) : Lease();
  }

  bool seen(const std::function<bool(const CounterSnapshot&)>& condition) {
    return served_->server.counters().wait_until(condition, kPatience);
  }

  std::uint64_t count(std::string_view verb) { return served_->server.snapshot().command_count(verb); }

  // Waits for the pool's thread only, which may have the session for a moment.
  Lease acquire_ready() {
    for (const auto end = std::chrono::steady_clock::now() + kPatience;;) {
      Lease lease = pool_->acquire_ready();
      if (lease || std::chrono::steady_clock::now() > end) return lease;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  static std::string download(const Lease& lease) {
    auto transfer = lease.session().transfer(Command::retr(at("/file")), test_context());
    if (!transfer) return transfer.error().describe();
    std::string all(100, '\0');
    const auto bytes = (*transfer)->read(std::as_writable_bytes(std::span(all)), test_context());
    if (!bytes) return bytes.error().describe();
    all.resize(*bytes);
    const auto reply = (*transfer)->finish_download(test_context());
    return reply ? all : reply.error().describe();
  }

  FakeClock clock_;
  std::optional<ServedStack> served_;
  std::optional<pool::SessionPool> pool_;
};

TEST_F(ReadyChannelsOfAPool, AreOpenedBehindAUse) {
  serve();
  lend().release();
  ASSERT_TRUE(seen([](const auto& server) { return server.data_connections == 1; }))
      << "by nobody but the pool";
  {
    const Lease lease = lend(Purpose::transfer);
    EXPECT_EQ(download(lease), "content");
    EXPECT_EQ(count("EPSV"), 1U);
  }
  EXPECT_TRUE(seen([](const auto& server) { return server.data_connections == 2; }));
}

TEST_F(ReadyChannelsOfAPool, AreOpenedBehindADownloadThatWasLeft) {
  serve();
  served_->folder.write("large", std::string(10'000'000, 'x'));
  std::size_t opened = 1;  // by the first transfer itself
  for (const char* name : {"/large", "/file"}) {
    {
      const Lease lease = lend(Purpose::transfer);
      auto transfer = lease.session().transfer(Command::retr(at(name)), test_context());
      ASSERT_TRUE(transfer);
      std::byte first{};
      ASSERT_EQ((*transfer)->read({&first, 1}, test_context()), 1U);
    }
    ++opened;
    EXPECT_TRUE(seen([&](const auto& server) { return server.data_connections == opened; }))
        << "by nobody but the pool";
  }
  EXPECT_EQ(served_->server.snapshot().control_connections, 1U);
}

TEST_F(ReadyChannelsOfAPool, ServeWhoeverLeasesTheSessionBeforeTheyAreThere) {
  serve();
  for (int i = 0; i < 20; ++i) {
    const Lease lease = lend(Purpose::transfer);
    EXPECT_EQ(download(lease), "content");
  }
  EXPECT_LE(count("EPSV"), 21U);
  EXPECT_EQ(served_->server.snapshot().control_connections, 1U);
}

TEST_F(ReadyChannelsOfAPool, AreLentWithTheirSessionToWhoBeginsAtOnce) {
  serve({.max_sessions = 2});
  EXPECT_FALSE(pool_->acquire_ready()) << "no session is opened for that";
  lend().release();
  const Lease lease = acquire_ready();
  ASSERT_TRUE(lease);
  EXPECT_EQ(download(lease), "content");
  EXPECT_EQ(count("EPSV"), 1U);
}

TEST_F(ReadyChannelsOfAPool, AreNotLentSoWhenNoSessionWouldBeLeftForCommands) {
  serve({.max_sessions = 2});
  {
    const Lease first = lend();
    lend().release();
  }
  acquire_ready().release();
  const Lease used = lend();
  EXPECT_FALSE(pool_->acquire_ready());
}

TEST_F(ReadyChannelsOfAPool, AreNotLentSoOnceTheServerHasClosedTheSession) {
  serve();
  lend().release();
  acquire_ready().release();
  served_->server.drop_all_control_connections(CutStyle::abrupt);
  ASSERT_TRUE(seen([](const auto& server) { return server.control_alive == 0; }));
  EXPECT_FALSE(pool_->acquire_ready());
  EXPECT_EQ(download(lend(Purpose::transfer)), "content");
}

TEST_F(ReadyChannelsOfAPool, AreGivenUpUnusedAndNotOpenedAgain) {
  serve({.ready_lifetime = kShort});
  lend().release();
  ASSERT_TRUE(seen([](const auto& server) { return server.data_connections == 1; }));
  clock_.advance(kShort);
  ASSERT_TRUE(seen([](const auto& server) { return server.command_count("ABOR") == 1; }));
  EXPECT_EQ(count("EPSV"), 1U);
  {
    const Lease lease = lend(Purpose::transfer);
    EXPECT_EQ(count("EPSV"), 1U) << "nothing is sent while the mount is unused";
    EXPECT_EQ(download(lease), "content");
  }
  EXPECT_EQ(served_->server.snapshot().control_connections, 1U);
}

TEST_F(ReadyChannelsOfAPool, AreNotUsedWhenStale) {
  serve();
  lend().release();
  ASSERT_TRUE(seen([](const auto& server) { return server.data_connections == 1; }));
  clock_.advance(std::chrono::seconds(16));
  const Lease lease = lend(Purpose::transfer);
  EXPECT_EQ(download(lease), "content");
  EXPECT_EQ(count("ABOR"), 1U);
  EXPECT_EQ(count("EPSV"), 2U);
}

TEST_F(ReadyChannelsOfAPool, AreLeftOutOnRequest) {
  serve({.ready_lifetime = {}});
  lend().release();
  EXPECT_EQ(download(lend(Purpose::transfer)), "content");
  EXPECT_EQ(count("EPSV"), 1U);
}

TEST_F(ReadyChannelsOfAPool, AreNotAskedForAgainForAWhileOnceRefused) {
  serve();
  served_->server.faults().on_command("EPSV", 1,
                                      Fault::reply_with("425 Cannot prepare for data connection."));
  for (int i = 0; i < 3; ++i) lend().session().perform(Command::noop(), test_context()).value();
  EXPECT_EQ(count("EPSV"), 1U);
  clock_.advance(std::chrono::seconds(31));
  lend().session().perform(Command::noop(), test_context()).value();
  EXPECT_TRUE(seen([](const auto& server) { return server.data_connections == 1; }));
  EXPECT_EQ(count("EPSV"), 2U);
}

TEST_F(ReadyChannelsOfAPool, AreWhatATransferPrefers) {
  serve({.max_sessions = 2});
  {
    const Lease first = lend();
    {
      const Lease second = lend();
      served_->server.faults().on_command("EPSV", 1,
                                          Fault::reply_with("425 Cannot prepare for data connection."));
    }
    lend().session().perform(Command::noop(), test_context()).value();  // now the refusal is known
    first.session().perform(Command::noop(), test_context()).value();
  }
  clock_.advance(std::chrono::seconds(31));
  lend().release();
  ASSERT_TRUE(seen([](const auto& server) { return server.data_connections == 1; }));
  EXPECT_EQ(download(lend(Purpose::transfer)), "content");
  EXPECT_EQ(served_->server.snapshot().control_connections, 2U);
}

TEST_F(ReadyChannelsOfAPool, ComeAndGoUnderManyUsers) {
  serve({.max_sessions = 3, .ready_lifetime = std::chrono::milliseconds(1)});
  std::vector<std::jthread> users;
  for (int user = 0; user < 6; ++user) {
    users.emplace_back([&, user] {
      for (int i = 0; i < 15; ++i) {
        const Lease lease = lend(user % 2 == 0 ? Purpose::transfer : Purpose::command);
        if (user % 2 == 0) {
          EXPECT_EQ(download(lease), "content");
        } else {
          EXPECT_TRUE(lease.session().perform(Command::noop(), test_context()));
        }
        clock_.advance(std::chrono::milliseconds(1));
      }
    });
  }
  users.clear();
  EXPECT_LE(served_->server.snapshot().control_connections, 3U);
  EXPECT_LE(pool_->statistics().idle, 3U);
}

TEST_F(ReadyChannelsOfAPool, DoNotHoldUpTheEnd) {
  for (int i = 0; i < 10; ++i) {
    serve();
    lend().release();
    pool_.reset();
  }
}

}  // namespace
}  // namespace ftpsfs::testing
