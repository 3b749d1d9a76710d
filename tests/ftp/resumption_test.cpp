#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <array>
#include <span>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using ftp::Command;

enum class Kind { tickets12, ids12, tickets13 };

// A server that takes no data channel but one that resumes its control connection's session, and sends a ticket that is
// no good on every one of them.
Personality strict(Kind kind) {
  Personality personality = permissive();
  const auto version = kind == Kind::tickets13 ? TlsVersion::tls1_3 : TlsVersion::tls1_2;
  personality.tls.min_version = personality.tls.max_version = version;
  personality.tls.stateless_tickets = kind != Kind::ids12;
  personality.tls.data_tickets = 2;
  personality.resumption = Resumption::own_session;
  return personality;
}

class Resumed : public ::testing::TestWithParam<Kind> {
 protected:
  Resumed() : Resumed(strict(GetParam())) {}
  explicit Resumed(const Personality& personality) : served_(personality) {
    served_.folder.write("small", "small");
    served_.folder.write("big", patterned_bytes(kBig));
    session_ = open();
  }

  static constexpr std::size_t kBig = 8'000'000;

  std::unique_ptr<ftp::Session> open() {
    auto session = served_.stack.open_session();
    EXPECT_TRUE(session) << session.error().describe();
    return session ? std::move(*session) : nullptr;
  }

  CounterSnapshot seen() const { return served_.server.snapshot(); }

  ServedStack served_;
  std::unique_ptr<ftp::Session> session_;
};

base::Result<std::size_t> drain(ftp::Transfer& transfer) {
  static thread_local std::array<std::byte, 65536> buffer;
  std::size_t total = 0;
  for (;;) {
    const auto count = transfer.read(buffer, test_context());
    if (!count) return count;
    total += *count;
    if (*count == 0) break;
  }
  auto reply = transfer.finish_download(test_context());
  if (!reply) return base::fail(std::move(reply));
  return total;
}

base::Result<std::size_t> fetch(ftp::Session& session, const char* path) {
  auto transfer = session.transfer(Command::retr(at(path)), test_context());
  if (!transfer) return base::fail(std::move(transfer));
  return drain(**transfer);
}

TEST_P(Resumed, AreFiveHundredDataChannelsInARow) {
  for (int i = 0; i < 500; ++i) {
    const auto size = fetch(*session_, "/small");
    ASSERT_TRUE(size) << "transfer " << i << ": " << size.error().describe();
  }
  EXPECT_EQ(seen().data_handshakes_resumed, 500U);
  EXPECT_EQ(seen().data_handshakes_full, 0U);
  EXPECT_EQ(seen().data_resumed_foreign, 0U);
  EXPECT_EQ(seen().control_connections, 1U);
}

TEST_P(Resumed, AreThoseBehindTransfersThatWereCutOff) {
  std::array<std::byte, 65536> buffer{};
  for (int i = 0; i < 10; ++i) {
    auto transfer = session_->transfer(Command::retr(at("/big")), test_context());
    ASSERT_TRUE(transfer) << transfer.error().describe();
    ASSERT_TRUE((*transfer)->read(buffer, test_context()));
    (*transfer)->abandon();
    const auto size = fetch(*session_, "/small");
    ASSERT_TRUE(size) << size.error().describe();
  }
  EXPECT_EQ(seen().data_handshakes_resumed, 20U);
  EXPECT_EQ(seen().data_handshakes_full, 0U);
  EXPECT_EQ(seen().control_connections, 1U);
}

TEST_P(Resumed, AreParallelDataChannelsOfControlConnectionsThatResumedOneSession) {
  std::vector<std::unique_ptr<ftp::Session>> sessions;
  for (int i = 0; i < 4; ++i) sessions.push_back(open());
  EXPECT_EQ(seen().control_handshakes_resumed, 4U);
  EXPECT_EQ(seen().control_handshakes_full, 1U);

  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<ftp::Transfer>> transfers;
    for (const auto& session : sessions) {
      auto transfer = session->transfer(Command::retr(at("/big")), test_context());
      ASSERT_TRUE(transfer) << transfer.error().describe();
      transfers.push_back(std::move(*transfer));
    }
    for (const auto& transfer : transfers) {
      const auto size = drain(*transfer);
      ASSERT_TRUE(size) << size.error().describe();
      EXPECT_EQ(*size, kBig);
    }
  }
  EXPECT_EQ(seen().transfers_most, 4U);
  EXPECT_EQ(seen().data_handshakes_resumed, 12U);
  EXPECT_EQ(seen().data_handshakes_full, 0U);
  EXPECT_EQ(seen().data_resumed_foreign, 0U);
}

TEST_P(Resumed, AreDataChannelsWhoseControlConnectionsBeganAnew) {
  for (int i = 0; i < 5; ++i) {
    auto session = open();
    const auto size = fetch(*session, "/small");
    ASSERT_TRUE(size) << size.error().describe();
    session->quit();
  }
  EXPECT_EQ(seen().data_handshakes_resumed, 5U);
  EXPECT_EQ(seen().control_handshakes_full, 1U);
}

std::string name_of(const ::testing::TestParamInfo<Kind>& kind) {
  constexpr std::array kNames{"Tls12Tickets", "Tls12Ids", "Tls13"};
  return kNames.at(static_cast<std::size_t>(kind.param));
}

INSTANTIATE_TEST_SUITE_P(Kinds, Resumed, ::testing::Values(Kind::tickets12, Kind::ids12, Kind::tickets13),
                         name_of);

Personality with_a_ticket_per_passive() {
  Personality personality = strict(Kind::tickets13);
  personality.tls.control_tickets = 0;
  personality.tls.ticket_per_passive = true;
  return personality;
}

TEST(TicketPerPassive, IsThereInTimeForItsDataChannel) {
  ServedStack served(with_a_ticket_per_passive());
  served.folder.write("small", "small");
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  for (int i = 0; i < 100; ++i) {
    const auto size = fetch(**session, "/small");
    ASSERT_TRUE(size) << "transfer " << i << ": " << size.error().describe();
  }
  EXPECT_EQ(served.server.snapshot().data_handshakes_resumed, 100U);
}

std::string ticket_of(const tls::SessionKeeper& keeper) {
  const auto session = keeper.duplicate();
  if (!session) return {};
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  SSL_SESSION_get0_ticket(session.get(), &bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

TEST(Tickets, OfTheControlConnectionReplaceEarlierOnes) {
  ServedStack served(strict(Kind::tickets13));
  auto control = ftp::ControlConnection::open(served.stack.dialer, "127.0.0.1", served.server.port(), nullptr,
                                              test_context());
  ASSERT_TRUE(control);
  ASSERT_TRUE((*control)->exchange(Command::auth_tls(), test_context()));
  ASSERT_TRUE((*control)->start_tls(served.stack.settings.tls, test_context()));
  ASSERT_TRUE((*control)->exchange(Command::noop(), test_context()));
  const std::string first = ticket_of((*control)->session_keeper());
  EXPECT_FALSE(first.empty());
  ASSERT_TRUE((*control)->exchange(Command::noop(), test_context()));
  EXPECT_EQ(ticket_of((*control)->session_keeper()), first);

  Fault renewed;
  renewed.new_ticket = true;
  served.server.faults().on_command("NOOP", 1, renewed);
  ASSERT_TRUE((*control)->exchange(Command::noop(), test_context()));
  const std::string second = ticket_of((*control)->session_keeper());
  EXPECT_FALSE(second.empty());
  EXPECT_NE(second, first);
}

TEST(RefusedResumption, MakesTheNextControlHandshakeAFullOne) {
  ServedStack served(strict(Kind::tickets13));
  served.folder.write("small", "small");
  auto first = served.stack.open_session();
  ASSERT_TRUE(first);
  Fault refused;
  refused.refuse_resumption = true;
  served.server.faults().on_command("RETR", 1, refused);
  const auto size = fetch(**first, "/small");
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().code, base::Errc::tls_not_resumed);
  ASSERT_TRUE(served.stack.open_session());
  EXPECT_EQ(served.server.snapshot().control_handshakes_resumed, 0U);
}

}  // namespace
}  // namespace ftpsfs::testing
