#include <gmock/gmock.h>
#include <openssl/x509.h>

#include "tls_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Trust : public ::testing::Test {
 protected:
  Trust() {
    authority_.own().write_certificate(folder_.path() / "ca.pem");
    policy_.ca_file = folder_.path() / "ca.pem";
  }

  // Why the login failed; a sentence about the certificate is all that counts here.
  std::string refusal(const std::shared_ptr<const TlsMaterial>& material,
                      const std::string& host = "localhost") {
    CertifiedServer served(material);
    const auto result = served.log_in(policy_, host);
    if (result) return "none";
    EXPECT_EQ(result.error().code, Errc::tls_untrusted) << result.error().describe();
    EXPECT_EQ(served.server.snapshot().command_count("USER"), 0U);
    return result.error().message;
  }

  Authority authority_;
  TemporaryFolder folder_;
  tls::Policy policy_;
};

TEST_F(Trust, TakesWhatItsAuthorityIssued) { EXPECT_EQ(refusal(authority_.issue()), "none"); }

TEST_F(Trust, RefusesAnotherAuthoritysCertificate) {
  EXPECT_THAT(refusal(Authority("Another one").issue()), HasSubstr("unable to get local issuer certificate"));
}

TEST_F(Trust, RefusesAnExpiredCertificate) {
  EXPECT_THAT(refusal(authority_.issue({.starts = -48h, .ends = -1h})), HasSubstr("certificate has expired"));
}

TEST_F(Trust, RefusesACertificateOfTomorrow) {
  EXPECT_THAT(refusal(authority_.issue({.starts = 24h})), HasSubstr("not yet valid"));
}

TEST_F(Trust, RefusesAnotherNameAndTellsWhoseItIs) {
  const auto material = authority_.issue({.names = "DNS:ftp.example.org,IP:192.0.2.1"});
  EXPECT_THAT(refusal(material), HasSubstr("hostname mismatch (it is for ftp.example.org, 192.0.2.1)"));
  EXPECT_THAT(refusal(material, "127.0.0.1"),
              HasSubstr("IP address mismatch (it is for ftp.example.org, 192.0.2.1)"));
}

TEST_F(Trust, VerifiesTheServerNameOfThePolicyInsteadOfTheHosts) {
  policy_.server_name = "ftp.example.org";
  EXPECT_EQ(refusal(authority_.issue({.names = "DNS:ftp.example.org"}), "127.0.0.1"), "none");
  EXPECT_THAT(refusal(authority_.issue()), HasSubstr("hostname mismatch"));
}

TEST_F(Trust, TakesAFolderOfAuthorities) {
  const auto hash = X509_subject_name_hash(authority_.own().certificate());
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "%08lx.0", hash);
  authority_.own().write_certificate(folder_.path() / name.data());
  policy_.ca_file.clear();
  policy_.ca_path = folder_.path();
  EXPECT_EQ(refusal(authority_.issue()), "none");
  EXPECT_NE(refusal(Authority("Another one").issue()), "none");
}

TEST_F(Trust, RefusesARevokedCertificate) {
  const auto revoked = authority_.issue();
  policy_.crl_file = folder_.path() / "crl.pem";
  write_revocation_list(authority_.own(), {revoked.get()}, 48h, policy_.crl_file);
  EXPECT_THAT(refusal(revoked), HasSubstr("revoked"));
  EXPECT_EQ(refusal(authority_.issue()), "none");
}

TEST_F(Trust, RefusesToRelyOnAnExpiredRevocationList) {
  policy_.crl_file = folder_.path() / "crl.pem";
  write_revocation_list(authority_.own(), {}, 12h, policy_.crl_file);
  EXPECT_THAT(refusal(authority_.issue()), HasSubstr("crl_file= has expired"));
}

TEST_F(Trust, RefusesToRelyOnAnotherAuthoritysRevocationList) {
  policy_.crl_file = folder_.path() / "crl.pem";
  write_revocation_list(Authority("Another one").own(), {}, 48h, policy_.crl_file);
  EXPECT_THAT(refusal(authority_.issue()), HasSubstr("no revocation list of its issuer"));
}

struct BadTrust {
  const char* what;
  void (*spoil)(tls::Policy&);
  const char* says;
};

class BadTrustPolicy : public ::testing::TestWithParam<BadTrust> {};

TEST_P(BadTrustPolicy, IsRefusedWithASentence) {
  tls::Policy policy;
  GetParam().spoil(policy);
  const auto context = tls::Context::create(policy);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, Errc::invalid_argument);
  EXPECT_THAT(context.error().message, HasSubstr(GetParam().says));
}

const BadTrust kBad[] = {
    {"MissingCaFile", [](tls::Policy& p) { p.ca_file = "/nonexistent/ca.pem"; },
     "ca_file=/nonexistent/ca.pem"},
    {"MissingCaPath", [](tls::Policy& p) { p.ca_path = "/nonexistent"; },
     "ca_path=/nonexistent is not a folder"},
    {"MissingCrl", [](tls::Policy& p) { p.crl_file = "/nonexistent/crl"; }, "crl_file=/nonexistent/crl"},
    {"CrlThatIsNone", [](tls::Policy& p) { p.crl_file = "/etc/hostname"; }, "crl_file=/etc/hostname"},
    {"CrlBesideAPin",
     [](tls::Policy& p) {
       p.crl_file = "/crl";
       p.pins = {tls::Pin{}};
     },
     "tls_pin="},
    {"CrlWithoutVerification",
     [](tls::Policy& p) {
       p.crl_file = "/crl";
       p.verify = false;
     },
     "tls_verify=no"},
    {"UnknownCiphers", [](tls::Policy& p) { p.ciphers = "ROT13"; }, "tls_ciphers=ROT13"},
    {"UnknownCiphersuites", [](tls::Policy& p) { p.ciphersuites = "TLS_ROT13"; },
     "tls_ciphersuites=TLS_ROT13"},
};

INSTANTIATE_TEST_SUITE_P(All, BadTrustPolicy, ::testing::ValuesIn(kBad),
                         [](const auto& param) { return param.param.what; });

TEST(Ciphers, AreThoseOfThePolicy) {
  TemporaryFolder folder;
  ServerOptions options;
  options.root = folder.path();
  options.implicit_tls = true;
  Server server(options);
  server.start();
  net::TcpDialer dialer;
  for (const auto& [version, cipher] : {std::pair(tls::Version::tls1_2, "ECDHE-ECDSA-CHACHA20-POLY1305"),
                                        std::pair(tls::Version::tls1_3, "TLS_AES_128_GCM_SHA256")}) {
    tls::Policy policy = trusting(server, version);
    policy.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
    policy.ciphersuites = "TLS_AES_128_GCM_SHA256";
    auto control = ftp::ControlConnection::open(dialer, "127.0.0.1", server.port(),
                                                tls::Context::create(policy).value(), test_context());
    ASSERT_TRUE(control) << control.error().describe();
    EXPECT_EQ((*control)->tls_info()->cipher, cipher);
  }
}

TEST(Ciphers, WithoutOneInCommonAreExplained) {
  // The server's key is for ECDSA alone.
  ServedStack served(permissive(), tls::Version::tls1_2);
  tls::Policy policy = trusting(served.server, tls::Version::tls1_2);
  policy.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
  served.stack.settings.tls = tls::Context::create(policy).value();
  const auto session = served.stack.open_session();
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::tls_refused);
  EXPECT_THAT(session.error().message, HasSubstr("tls_ciphers="));
}

}  // namespace
}  // namespace ftpsfs::testing
