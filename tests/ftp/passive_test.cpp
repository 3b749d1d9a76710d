// Which command opens a passive data channel, and where the channel goes.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "ftp/ipv6_served.h"
#include "ftpsfs/base/unique_fd.h"
#include "ftpsfs/ftp/directory.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ::testing::HasSubstr;

class Passive : public ::testing::Test {
 protected:
  void serve(Personality personality) {
    served_ = std::make_unique<ServedStack>(std::move(personality));
    served_->folder.write("file", "content");
  }

  ftp::DataChannelSettings& data() { return served_->stack.settings.data; }
  ftp::ServerKnowledge& known() { return served_->stack.knowledge; }
  CounterSnapshot seen() const { return served_->server.snapshot(); }

  // Over one session for all of the test.
  base::Status list() {
    if (!session_) {
      auto session = served_->stack.open_session();
      if (!session) return base::fail(std::move(session));
      session_ = std::move(*session);
    }
    auto entries = ftp::read_directory(*session_, at("/"), test_context());
    return entries ? base::Status{} : base::fail(std::move(entries));
  }

  std::unique_ptr<ServedStack> served_;
  std::unique_ptr<ftp::Session> session_;
};

TEST_F(Passive, PrefersEpsv) {
  serve(permissive());
  ASSERT_TRUE(list());
  EXPECT_EQ(seen().command_count("EPSV"), 1U);
  EXPECT_EQ(seen().command_count("PASV"), 0U);
}

TEST_F(Passive, TakesPasvWhereEpsvIsRefusedAndRemembersIt) {
  for (const char* refusal :
       {"500 ?", "501 Bad argument.", "502 Not implemented.", "522 (1,2)", "550 Denied."}) {
    SCOPED_TRACE(refusal);
    serve(permissive());
    session_.reset();
    served_->server.faults().on_command("EPSV", 0, Fault::reply_with(refusal));
    for (int i = 0; i < 3; ++i) {
      const auto listed = list();
      ASSERT_TRUE(listed) << listed.error().describe();
    }
    EXPECT_EQ(seen().command_count("EPSV"), 1U);
    EXPECT_EQ(seen().command_count("PASV"), 3U);
    session_.reset();
  }
}

TEST_F(Passive, TakesPasvWhereThePortOfEpsvDoesNotAnswerAndRemembersIt) {
  Personality dead = permissive();
  dead.epsv_port_is_dead = true;
  serve(dead);
  for (int i = 0; i < 3; ++i) {
    const auto listed = list();
    ASSERT_TRUE(listed) << listed.error().describe();
  }
  EXPECT_EQ(seen().command_count("EPSV"), 1U);
  EXPECT_EQ(seen().command_count("PASV"), 3U);
}

TEST_F(Passive, NamesTheSilentPortWhereNeitherAnswers) {
  Personality dead = permissive();
  dead.epsv_port_is_dead = true;
  dead.missing_verbs.insert("PASV");
  serve(dead);
  const auto listed = list();
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code, Errc::unreachable) << listed.error().describe();
  EXPECT_THAT(listed.error().message, HasSubstr("of 127.0.0.1 did not answer"));
  EXPECT_THAT(listed.error().message, HasSubstr("-o active"));
  EXPECT_TRUE(session_->reusable());
  EXPECT_FALSE(known().lacks_epsv) << "PASV did no better";
}

TEST_F(Passive, DoesNotTakeALostConnectionForASilentPort) {
  for (const bool epsv_has_worked : {false, true}) {
    for (const CutStyle style : {CutStyle::clean, CutStyle::abrupt, CutStyle::reset}) {
      serve(permissive());
      if (epsv_has_worked) {
        ASSERT_TRUE(list());
      }
      served_->server.faults().on_command("EPSV", 1, Fault::cut(CutPoint::after_final_reply, style));
      const auto listed = list();
      ASSERT_FALSE(listed);
      EXPECT_EQ(listed.error().code, Errc::connection_lost) << listed.error().describe();
      EXPECT_FALSE(known().lacks_epsv);
      session_.reset();
    }
  }
}

TEST_F(Passive, DoesNotDoubtAnEpsvThatHasWorked) {
  serve(permissive());
  ASSERT_TRUE(list());
  served_->server.faults().on_command("EPSV", 1, Fault::reply_with("229 Mode (|||1|)"));
  EXPECT_FALSE(list());
  EXPECT_EQ(seen().command_count("PASV"), 0U);
  EXPECT_TRUE(list());
}

TEST_F(Passive, WithoutAnyLeavesTheListingCommandsInPeace) {
  Personality none = permissive();
  none.missing_verbs = {"EPSV", "PASV"};
  serve(none);
  const auto listed = list();
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code, Errc::unreachable) << listed.error().describe();
  EXPECT_FALSE(known().lacks_mlsd);
}

TEST_F(Passive, AsksOnceMoreWhenTheServerHasNoPortAtTheMoment) {
  Personality short_of_ports = permissive();
  short_of_ports.epsv_fails_every = 2;
  serve(short_of_ports);
  for (int i = 0; i < 4; ++i) {
    const auto listed = list();
    ASSERT_TRUE(listed) << listed.error().describe();
  }
  EXPECT_EQ(seen().command_count("PASV"), 0U);
}

TEST_F(Passive, TellsTheCommandBeforehandWhereTheServerAsksForPret) {
  Personality distributed = permissive();
  distributed.needs_pret = true;
  serve(distributed);
  ASSERT_TRUE(list());
  ASSERT_TRUE(list());
  EXPECT_EQ(seen().command_count("EPSV"), 3U) << "one refused, then behind a PRET each";
  EXPECT_EQ(seen().command_count("PRET"), 2U);
  EXPECT_THAT(seen().lines(), ::testing::Contains("PRET MLSD /"));
}

TEST_F(Passive, ReadsNoPretInOtherWords) {
  serve(permissive());
  served_->server.faults().on_command("EPSV", 0, Fault::reply_with("500 Cannot interpret that command."));
  const auto listed = list();
  ASSERT_TRUE(listed) << listed.error().describe();
  EXPECT_EQ(seen().command_count("PRET"), 0U);
}

TEST_F(Passive, ForgetsAboutAPretThatTheServerDoesNotKnow) {
  serve(permissive());
  served_->server.faults().on_command("EPSV", 1, Fault::reply_with("425 Send PRET first."));
  served_->server.faults().on_command("PRET", 1, Fault::reply_with("500 Unknown command."));
  EXPECT_FALSE(list());
  EXPECT_TRUE(list());
  EXPECT_FALSE(known().needs_pret);
}

TEST_F(Passive, AForcedPretIsSentAtOnce) {
  Personality distributed = permissive();
  distributed.needs_pret = true;
  serve(distributed);
  known().needs_pret = true;
  ASSERT_TRUE(list());
  EXPECT_EQ(seen().command_count("EPSV"), 1U);
}

TEST_F(Passive, WithoutPasvByQuirkStaysWithEpsv) {
  Personality dead = permissive();
  dead.epsv_port_is_dead = true;
  serve(dead);
  known().lacks_pasv = true;
  EXPECT_FALSE(list());
  EXPECT_EQ(seen().command_count("PASV"), 0U);
}

// Listens where an address in a 227 would lead.
class ForeignHost {
 public:
  ForeignHost() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);  // 127.0.0.2
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_.get(), generic, size), 0);
    EXPECT_EQ(::listen(socket_.get(), 4), 0);
    EXPECT_EQ(::getsockname(socket_.get(), generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }

  std::string passive_reply() const {
    return "227 Entering Passive Mode (127,0,0,2," + std::to_string(port_ / 256) + "," +
           std::to_string(port_ % 256) + ").";
  }

  bool was_called() const {
    pollfd waiting{socket_.get(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) > 0;
  }

 private:
  base::UniqueFd socket_;
  std::uint16_t port_ = 0;
};

TEST_F(Passive, IgnoresAForeignAddress) {
  for (const char* address : {"127,0,0,2", "0,0,0,0", "10,1,2,3", "192,0,2,1"}) {
    SCOPED_TRACE(address);
    Personality foreign = permissive();
    foreign.missing_verbs.insert("EPSV");
    foreign.pasv_address = address;
    serve(foreign);
    session_.reset();
    const auto listed = list();
    EXPECT_TRUE(listed) << listed.error().describe();
    session_.reset();
  }
}

TEST_F(Passive, ConnectsToNoForeignHost) {
  const ForeignHost foreign;
  Personality lured = permissive();
  lured.missing_verbs.insert("EPSV");
  serve(lured);
  served_->server.faults().on_command("PASV", 1, Fault::reply_with(foreign.passive_reply()));
  EXPECT_FALSE(list()) << "nobody listens at that port of the server itself";
  EXPECT_FALSE(foreign.was_called());
}

TEST_F(Passive, GoesWhereTheServerSaysOnlyWhenToldTo) {
  const ForeignHost foreign;
  serve(permissive());
  data().believe_pasv_address = true;
  served_->server.faults().on_command("PASV", 1, Fault::reply_with(foreign.passive_reply()));
  ASSERT_TRUE(served_->stack.open_session());
  auto session = served_->stack.open_session();
  ASSERT_TRUE(session);
  const auto transfer = (*session)->transfer(ftp::Command::retr(at("/file")),
                                             base::OpContext::with_timeout(std::chrono::milliseconds(300)));
  EXPECT_FALSE(transfer) << "the other host says nothing";
  EXPECT_TRUE(foreign.was_called());
  EXPECT_EQ(seen().command_count("EPSV"), 0U) << "a 229 names no address";
}

TEST_F(Passive, BelievesNoAddressOfAllZeros) {
  Personality zero = permissive();
  zero.pasv_address = "0,0,0,0";
  serve(zero);
  data().believe_pasv_address = true;
  EXPECT_TRUE(list());
}

class PassiveOverIpv6 : public Ipv6Served {};

TEST_F(PassiveOverIpv6, UsesEpsvAndNoPasv) {
  serve();
  if (!stack) return;
  stack->knowledge.no_ready_data = true;  // the next read asks for its port itself
  EXPECT_EQ(content(), "content");
  EXPECT_EQ(server->snapshot().command_count("PASV"), 0U);

  stack->knowledge.epsv_works = false;
  server->faults().on_command("EPSV", 0, Fault::reply_with("229 Mode (|||1|)"));
  EXPECT_FALSE(read_all(stack->remote, at("/file")));
  EXPECT_EQ(server->snapshot().command_count("PASV"), 0U) << "a 227 has no room for an IPv6 address";
}

// A server with two addresses may be reached by IPv4 first and by IPv6 later.
TEST_F(PassiveOverIpv6, UsesEpsvAlsoWhereItFailedOverIpv4) {
  Personality without_pasv = permissive();
  without_pasv.missing_verbs.insert("PASV");
  serve(without_pasv);
  if (!stack) return;
  stack->knowledge.lacks_epsv = true;
  EXPECT_EQ(content(), "content");
}

TEST_F(PassiveOverIpv6, GoesToNoIpv4AddressThatA227Names) {
  Personality foreign = permissive();
  foreign.missing_verbs.insert("EPSV");
  foreign.pasv_address = "192,0,2,1";
  serve(foreign);
  if (!stack) return;
  stack->settings.data.believe_pasv_address = true;
  EXPECT_EQ(content(), "content");
}

}  // namespace
}  // namespace ftpsfs::testing
