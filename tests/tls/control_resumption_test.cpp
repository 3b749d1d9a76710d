#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "ftpsfs/base/unique_fd.h"
#include "session_store.h"
#include "tls_fixture.h"

namespace ftpsfs::testing {
namespace {

using namespace std::chrono_literals;
using ftp::ControlConnection;

enum class Kind { tickets12, ids12, tickets13 };

Personality server_of(Kind kind) {
  Personality personality = permissive();
  const auto version = kind == Kind::tickets13 ? TlsVersion::tls1_3 : TlsVersion::tls1_2;
  personality.tls.min_version = personality.tls.max_version = version;
  personality.tls.stateless_tickets = kind != Kind::ids12;
  return personality;
}

// Control connections one after the other, with one Context.
class ControlResumption : public ::testing::TestWithParam<Kind> {
 protected:
  ControlResumption() : ControlResumption(server_of(GetParam())) {}
  explicit ControlResumption(Personality personality)
      : served_(std::make_shared<const TlsMaterial>(), std::move(personality)) {
    policy_ = trusting(served_.server);
    context_ = tls::Context::create(policy_).value();
  }

  base::Result<std::unique_ptr<ControlConnection>> connect(tls::Resume resume = tls::Resume::offer,
                                                           const std::string& host = "localhost") {
    auto control = ControlConnection::open(dialer_, host, served_.server.port(), nullptr, test_context());
    if (!control) return control;
    if (auto auth = (*control)->exchange(ftp::Command::auth_tls(), test_context()); !auth) {
      return base::fail(std::move(auth));
    }
    if (auto ok = (*control)->start_tls(context_, test_context(), resume); !ok)
      return base::fail(std::move(ok));
    // Reads what comes with the first reply: the tickets of TLS 1.3.
    if (auto reply = (*control)->exchange(ftp::Command::noop(), test_context()); !reply) {
      return base::fail(std::move(reply));
    }
    return control;
  }

  tls::HandshakeInfo handshake(tls::Resume resume = tls::Resume::offer,
                               const std::string& host = "localhost") {
    auto control = connect(resume, host);
    EXPECT_TRUE(control) << control.error().describe();
    if (!control) return {};
    // Servers that keep sessions by id forget one when its connection breaks.
    alive_.push_back(std::move(*control));
    return *alive_.back()->tls_info();
  }

  CertifiedServer served_;
  tls::Policy policy_;
  std::shared_ptr<tls::Context> context_;
  LocalDialer dialer_;
  std::vector<std::unique_ptr<ControlConnection>> alive_;
};

TEST_P(ControlResumption, HappensFromTheSecondConnectionOn) {
  EXPECT_FALSE(handshake().session_offered);
  for (int i = 0; i < 5; ++i) {
    const auto info = handshake();
    EXPECT_TRUE(info.session_offered);
    EXPECT_TRUE(info.resumed) << i;
    ASSERT_FALSE(info.chain.empty());
    EXPECT_EQ(tls::to_string(info.chain.front().fingerprint), "sha256:" + served_.server.fingerprint());
  }
  EXPECT_EQ(served_.server.snapshot().control_handshakes_full, 1U);
}

TEST_P(ControlResumption, RemembersTheObjectionOfTheFirstHandshake) {
  const auto first = handshake();
  const auto second = handshake();
  ASSERT_TRUE(second.resumed);
  ASSERT_TRUE(first.objection);
  EXPECT_EQ(second.objection, first.objection);
}

TEST_P(ControlResumption, CanBeLeftOut) {
  handshake();
  const auto info = handshake(tls::Resume::never);
  EXPECT_FALSE(info.session_offered);
  EXPECT_FALSE(info.resumed);
}

TEST_P(ControlResumption, KeepsToTheNameThatWasVerified) {
  handshake();
  EXPECT_FALSE(handshake(tls::Resume::offer, "127.0.0.1").session_offered);
}

TEST_P(ControlResumption, IsForgottenOnDemand) {
  handshake();
  context_->forget_control_session();
  EXPECT_FALSE(handshake().session_offered);
}

TEST_P(ControlResumption, OutlivesConnectionsThatBreak) {
  {
    auto control = connect();
    ASSERT_TRUE(control);
    served_.server.drop_all_control_connections();
    EXPECT_FALSE((*control)->exchange(ftp::Command::noop(), test_context()));
  }
  const auto info = handshake();
  EXPECT_TRUE(info.session_offered);
  EXPECT_TRUE(info.resumed || GetParam() == Kind::ids12) << "of sessions by id the server decides";
}

TEST_P(ControlResumption, GivesWayToAFullHandshakeWhereTheServerHasForgotten) {
  handshake();
  served_.server.stop();
  served_.server.start();  // with other ticket keys
  const auto info = handshake();
  EXPECT_TRUE(info.session_offered);
  EXPECT_FALSE(info.resumed);
  EXPECT_TRUE(handshake().resumed) << "the new session is the one to offer";
}

// Agrees to AUTH, says `parting` and then nothing more.
class MuteServer {
 public:
  explicit MuteServer(std::string parting) : parting_(std::move(parting)) {
    const auto address = net::SocketAddress::parse("127.0.0.1").value();
    EXPECT_EQ(::bind(socket_.get(), address.native(), address.length), 0);
    EXPECT_EQ(::listen(socket_.get(), 1), 0);
    net::SocketAddress bound;
    bound.length = sizeof bound.storage;
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.length), 0);
    port_ = bound.port();
    thread_ = std::jthread([this] { serve(); });
  }

  std::uint16_t port() const { return port_; }

 private:
  void serve() {
    client_.reset(::accept(socket_.get(), nullptr, nullptr));
    say("220 Hello.\r\n");
    std::array<char, 64> auth{};
    EXPECT_GT(::read(client_.get(), auth.data(), auth.size()), 0);
    say("234 Go on.\r\n");
    std::array<char, 1> hello{};
    EXPECT_EQ(::read(client_.get(), hello.data(), hello.size()), 1);
    say(parting_);
  }
  void say(std::string_view text) const {
    EXPECT_EQ(::write(client_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  std::string parting_;
  base::UniqueFd socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  base::UniqueFd client_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

TEST_P(ControlResumption, IsNotTriedTwiceWithAServerThatDoesNotGoOn) {
  const std::string close_notify("\x15\x03\x03\x00\x02\x01\x00", 7);
  for (const std::string& parting : {std::string(), close_notify}) {
    handshake();
    const MuteServer mute(parting);
    auto control = ControlConnection::open(dialer_, "localhost", mute.port(), nullptr, test_context());
    ASSERT_TRUE(control) << control.error().describe();
    ASSERT_TRUE((*control)->exchange(ftp::Command::auth_tls(), test_context()));
    EXPECT_FALSE((*control)->start_tls(context_, base::OpContext::with_timeout(200ms)));
    EXPECT_FALSE(handshake().session_offered) << (parting.empty() ? "silence" : "close_notify");
  }
}

std::string name_of(const ::testing::TestParamInfo<Kind>& kind) {
  constexpr std::array kNames{"Tls12Tickets", "Tls12Ids", "Tls13"};
  return kNames.at(static_cast<std::size_t>(kind.param));
}

INSTANTIATE_TEST_SUITE_P(Kinds, ControlResumption,
                         ::testing::Values(Kind::tickets12, Kind::ids12, Kind::tickets13), name_of);

Personality aborting(tls::Version version) {
  Personality personality = server_of(version == tls::Version::tls1_2 ? Kind::tickets12 : Kind::tickets13);
  personality.tls.aborts_resumed_control = true;
  return personality;
}

class AbortedResumption : public ::testing::TestWithParam<tls::Version> {};

TEST_P(AbortedResumption, IsNotTriedTwice) {
  CertifiedServer served(std::make_shared<const TlsMaterial>(), aborting(GetParam()));
  FtpStack stack(login_to(served.server.port(), trusting(served.server)));
  ASSERT_TRUE(stack.open_session());
  EXPECT_FALSE(stack.open_session()) << "the server ends the handshake";
  const auto third = stack.open_session();
  EXPECT_TRUE(third) << third.error().describe();
  EXPECT_EQ(served.server.snapshot().control_handshakes_resumed, 0U);
}

INSTANTIATE_TEST_SUITE_P(Versions, AbortedResumption,
                         ::testing::Values(tls::Version::tls1_2, tls::Version::tls1_3),
                         [](const auto& param) {
                           return param.param == tls::Version::tls1_2 ? "Tls12" : "Tls13";
                         });

// The store by itself, with a session of a real handshake.
class Store : public ::testing::Test {
 protected:
  explicit Store(std::shared_ptr<const TlsMaterial> material = std::make_shared<const TlsMaterial>())
      : served_(std::move(material), short_lived()) {
    policy_ = trusting(served_.server);
    FtpStack stack(login_to(served_.server.port(), policy_));
    EXPECT_TRUE(stack.open_session());
    session_ = stack.settings.tls->control_sessions().duplicate("127.0.0.1", now());
    EXPECT_TRUE(session_);
  }

  static constexpr std::chrono::seconds kLifetime{1000};

  static Personality short_lived() {
    Personality personality = permissive();
    personality.tls.session_lifetime = kLifetime;
    return personality;
  }

  static base::SystemTime now() { return std::chrono::system_clock::now(); }

  tls::SessionPtr copy() const { return tls::SessionPtr(SSL_SESSION_dup(session_.get())); }

  CertifiedServer served_;
  tls::Policy policy_;
  tls::SessionPtr session_;
};

TEST_F(Store, OffersNothingPastTheTicketsLifetime) {
  tls::SessionStore store(policy_);
  store.remember("host", copy());
  EXPECT_TRUE(store.duplicate("host", now()));
  EXPECT_FALSE(store.duplicate("host", now() + kLifetime + 1s));
  EXPECT_FALSE(store.duplicate("host", now())) << "it is dropped";
}

TEST_F(Store, OffersNothingToAnotherHost) {
  tls::SessionStore store(policy_);
  store.remember("host", copy());
  EXPECT_FALSE(store.duplicate("other", now()));
  EXPECT_TRUE(store.duplicate("host", now()));
}

TEST_F(Store, OffersOnlyWhatStillSatisfiesThePins) {
  tls::Policy other;
  other.pins = {tls::Pin{}};
  tls::SessionStore store(other);
  store.remember("host", copy());
  EXPECT_FALSE(store.duplicate("host", now()));
}

TEST_F(Store, OffersNothingWhoseCertificateHasExpired) {
  tls::Policy verifying;
  const auto far = now() + std::chrono::hours(24 * 3650) + 1h;
  SSL_SESSION_set_time(
      session_.get(),
      static_cast<long>(std::chrono::floor<std::chrono::seconds>(far).time_since_epoch().count()));
  tls::SessionStore store(verifying);
  store.remember("host", copy());
  EXPECT_FALSE(store.duplicate("host", far)) << "its ticket is new, its certificate is ten years old";
}

TEST_F(Store, OffersNothingWhereARevocationListHasTheLastWord) {
  tls::Policy revoking = policy_;
  revoking.pins.clear();
  revoking.crl_file = "crl.pem";
  tls::SessionStore store(revoking);
  store.remember("host", copy());
  EXPECT_FALSE(store.duplicate("host", now())) << "the list may have expired since";
}

TEST_F(Store, OffersNothingWithoutACertificateInIt) {
  tls::Policy careless;
  careless.verify = false;
  tls::SessionStore store(careless);
  tls::SessionPtr bare(SSL_SESSION_new());
  SSL_SESSION_set_protocol_version(bare.get(), TLS1_3_VERSION);
  store.remember("host", std::move(bare));
  EXPECT_FALSE(store.duplicate("host", base::SystemTime()));
}

TEST(SessionLifetime, IsWhatTheTicketSays) {
  for (const auto version : {tls::Version::tls1_2, tls::Version::tls1_3}) {
    Personality personality = permissive();
    personality.tls.session_lifetime = 1234s;
    ServedStack served(personality, version);
    const auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    auto control = ControlConnection::open(served.stack.dialer, "127.0.0.1", served.server.port(), nullptr,
                                           test_context());
    ASSERT_TRUE(control);
    ASSERT_TRUE((*control)->exchange(ftp::Command::auth_tls(), test_context()));
    ASSERT_TRUE((*control)->start_tls(served.stack.settings.tls, test_context()));
    ASSERT_TRUE((*control)->exchange(ftp::Command::noop(), test_context()));
    const auto end = (*control)->session_keeper().usable_until();
    ASSERT_TRUE(end);
    EXPECT_GE(*end, before + 1234s);
    EXPECT_LE(*end, std::chrono::system_clock::now() + 1234s);
  }
}

TEST(SessionLifetime, IsUnknownWithoutATicket) {
  CertifiedServer served(std::make_shared<const TlsMaterial>(), server_of(Kind::ids12));
  FtpStack stack(login_to(served.server.port(), trusting(served.server)));
  auto control =
      ControlConnection::open(stack.dialer, "127.0.0.1", served.server.port(), nullptr, test_context());
  ASSERT_TRUE(control);
  EXPECT_FALSE((*control)->session_keeper().usable_until()) << "there is no session yet";
  ASSERT_TRUE((*control)->exchange(ftp::Command::auth_tls(), test_context()));
  ASSERT_TRUE((*control)->start_tls(stack.settings.tls, test_context()));
  ASSERT_TRUE((*control)->session_keeper().has_session());
  EXPECT_FALSE((*control)->session_keeper().usable_until());
}

}  // namespace
}  // namespace ftpsfs::testing
