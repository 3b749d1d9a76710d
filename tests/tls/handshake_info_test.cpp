#include "ftpsfs/tls/handshake_info.h"

#include <gmock/gmock.h>

#include "ftpsfs/ftp/control_connection.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<ftp::ControlConnection> control_of(Server& server, net::Dialer& dialer,
                                                   const tls::Policy& policy) {
  auto control = ftp::ControlConnection::open(dialer, "127.0.0.1", server.port(), nullptr, test_context());
  EXPECT_TRUE(control) << control.error().describe();
  EXPECT_FALSE((*control)->tls_info()) << "still in the clear";
  EXPECT_TRUE((*control)->exchange(ftp::Command::auth_tls(), test_context()));
  const auto secured = (*control)->start_tls(tls::Context::create(policy).value(), test_context());
  EXPECT_TRUE(secured) << secured.error().describe();
  return std::move(*control);
}

class HandshakeReport : public ::testing::TestWithParam<tls::Version> {};

TEST_P(HandshakeReport, TellsWhatWasAgreed) {
  ServedStack served(permissive(), GetParam());
  auto control = control_of(served.server, served.stack.dialer, trusting(served.server, GetParam()));
  const auto info = control->tls_info();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->version, GetParam() == tls::Version::tls1_2 ? "TLSv1.2" : "TLSv1.3");
  EXPECT_THAT(info->cipher, HasSubstr("AES"));
  EXPECT_EQ(info->group, "secp256r1") << "which the first ClientHello leads with";
  EXPECT_EQ(info->alpn, "");
  EXPECT_FALSE(info->session_offered);
  EXPECT_FALSE(info->resumed);
  EXPECT_FALSE(info->client_certificate_asked);
}

TEST_P(HandshakeReport, DescribesTheCertificate) {
  ServedStack served(permissive(), GetParam());
  auto control = control_of(served.server, served.stack.dialer, trusting(served.server, GetParam()));
  const auto info = control->tls_info();
  ASSERT_EQ(info->chain.size(), 1U);
  const tls::CertificateInfo& own = info->chain.front();
  EXPECT_EQ(own.subject, "CN=localhost");
  EXPECT_EQ(own.issuer, "CN=localhost");
  EXPECT_THAT(own.names, ElementsAre("localhost", "127.0.0.1"));
  EXPECT_EQ(own.key, "EC P-256");
  EXPECT_EQ(tls::to_string(own.fingerprint), "sha256:" + served.server.fingerprint());
  EXPECT_TRUE(own.self_signed);
  const auto now = std::chrono::system_clock::now();
  EXPECT_LT(own.not_before, now);
  EXPECT_GT(own.not_after, now + std::chrono::hours(24));
}

TEST_P(HandshakeReport, TellsTheObjectionThatThePolicyDoesNotRaise) {
  ServedStack served(permissive(), GetParam());
  tls::Policy careless;
  careless.verify = false;
  careless.min_version = careless.max_version = GetParam();
  for (const tls::Policy& policy : {careless, trusting(served.server, GetParam())}) {
    auto control = control_of(served.server, served.stack.dialer, policy);
    const auto info = control->tls_info();
    ASSERT_TRUE(info->objection);
    EXPECT_THAT(*info->objection, HasSubstr("self-signed"));
  }
}

TEST_P(HandshakeReport, RaisesNoObjectionWhereAllIsWell) {
  ServedStack served(permissive(), GetParam());
  const auto file = served.folder.path() / "ca.pem";
  served.server.material().write_certificate(file);
  tls::Policy policy;
  policy.ca_file = file;
  policy.min_version = policy.max_version = GetParam();
  auto control = control_of(served.server, served.stack.dialer, policy);
  EXPECT_EQ(control->tls_info()->objection, std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Versions, HandshakeReport,
                         ::testing::Values(tls::Version::tls1_2, tls::Version::tls1_3),
                         [](const auto& param) {
                           return param.param == tls::Version::tls1_2 ? "Tls12" : "Tls13";
                         });

}  // namespace
}  // namespace ftpsfs::testing
