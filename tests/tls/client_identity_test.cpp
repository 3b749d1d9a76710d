#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "tls_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using base::Secret;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

Personality asking(ClientCertificate how, const Authority& authority,
                   tls::Version version = tls::Version::tls1_3) {
  Personality personality = permissive();
  personality.tls.client_certificate = how;
  personality.tls.client_authority = authority.shared();
  personality.tls.max_version = version == tls::Version::tls1_2 ? TlsVersion::tls1_2 : TlsVersion::tls1_3;
  return personality;
}

Secret passphrase(std::string text) { return Secret(std::move(text)); }

// What is made of the files, before any server is asked.
class IdentityFiles : public ::testing::Test {
 protected:
  IdentityFiles() : identity_(authority_.issue({.common_name = "client", .names = ""})) {}

  std::filesystem::path at(const char* name) const { return folder_.path() / name; }

  std::string certificate() const {
    identity_->write_certificate(at("client.pem"));
    return at("client.pem");
  }

  std::string key(const std::string& secret = {}) const {
    write_key(*identity_, at("key.pem"), secret);
    return at("key.pem");
  }

  std::string refusal(const tls::Policy& policy, const Secret& secret = Secret()) const {
    const auto context = tls::Context::create(policy, secret);
    return context ? "none" : context.error().message;
  }

  Authority authority_;
  std::shared_ptr<const TlsMaterial> identity_;
  TemporaryFolder folder_;
  tls::Policy policy_;
};

// Every form in which people have them, against a server that demands one.
class ClientIdentity : public IdentityFiles, public ::testing::WithParamInterface<tls::Version> {
 protected:
  ClientIdentity()
      : served_(std::make_shared<const TlsMaterial>(),
                asking(ClientCertificate::required, authority_, GetParam())) {
    policy_ = trusting(served_.server);
  }

  void expect_taken(const Secret& secret = Secret()) {
    const auto result = served_.log_in(policy_, "localhost", secret);
    EXPECT_TRUE(result) << result.error().describe();
    EXPECT_EQ(served_.server.snapshot().client_certificates, 1U);
  }

  CertifiedServer served_;
};

TEST_P(ClientIdentity, IsTakenFromTwoPemFiles) {
  policy_.client_cert = certificate();
  policy_.client_key = key();
  expect_taken();
}

TEST_P(ClientIdentity, IsTakenFromOnePemFile) {
  write_identity(*identity_, at("both.pem"));
  policy_.client_cert = at("both.pem");
  expect_taken();
}

TEST_P(ClientIdentity, IsTakenWithAnEncryptedKey) {
  policy_.client_cert = certificate();
  policy_.client_key = key("open sesame");
  expect_taken(passphrase("open sesame"));
}

TEST_P(ClientIdentity, IsTakenFromPkcs12) {
  write_pkcs12(*identity_, at("client.p12"), "open sesame");
  policy_.client_cert = at("client.p12");
  expect_taken(passphrase("open sesame"));
}

TEST_P(ClientIdentity, IsTakenFromPkcs12WithoutPassphraseUnderAnyName) {
  write_pkcs12(*identity_, at("client"), "");
  policy_.client_cert = at("client");
  expect_taken();
}

TEST_P(ClientIdentity, ThatIsMissingIsAskedForWithASentence) {
  const auto result = served_.log_in(policy_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::tls_refused) << result.error().describe();
  EXPECT_THAT(result.error().message, HasSubstr("wants a client certificate: -o tls_cert=FILE"));
}

TEST_P(ClientIdentity, OfAnotherAuthorityIsRefusedWithASentence) {
  write_identity(*Authority("Another one").issue(), at("both.pem"));
  policy_.client_cert = at("both.pem");
  const auto result = served_.log_in(policy_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::tls_refused) << result.error().describe();
  EXPECT_THAT(result.error().message, HasSubstr("does not accept the client certificate in tls_cert="));
}

INSTANTIATE_TEST_SUITE_P(Versions, ClientIdentity,
                         ::testing::Values(tls::Version::tls1_2, tls::Version::tls1_3),
                         [](const auto& param) {
                           return param.param == tls::Version::tls1_2 ? "Tls12" : "Tls13";
                         });

TEST_F(IdentityFiles, AreNotMissedByAServerThatOnlyAsks) {
  CertifiedServer served(std::make_shared<const TlsMaterial>(),
                         asking(ClientCertificate::requested, authority_));
  const auto result = served.log_in(trusting(served.server));
  EXPECT_TRUE(result) << result.error().describe();
  EXPECT_EQ(served.server.snapshot().client_certificates, 0U);
}

TEST_F(IdentityFiles, WithAnEncryptedKeyNameTheOptionInsteadOfPrompting) {
  policy_.client_cert = certificate();
  policy_.client_key = key("open sesame");
  EXPECT_THAT(refusal(policy_), HasSubstr("tls_key_passphrase_file=FILE"));
  EXPECT_THAT(refusal(policy_, passphrase("wrong")), HasSubstr("does not open tls_key="));
}

TEST_F(IdentityFiles, InPkcs12NameTheOptionForItsPassphrase) {
  write_pkcs12(*identity_, at("client.pfx"), "open sesame");
  policy_.client_cert = at("client.pfx");
  EXPECT_THAT(refusal(policy_), HasSubstr("tls_key_passphrase_file=FILE"));
  EXPECT_THAT(refusal(policy_, passphrase("wrong")), HasSubstr("does not open tls_cert="));
}

TEST_F(IdentityFiles, ThatOthersCanReadAreRefused) {
  policy_.client_cert = certificate();
  policy_.client_key = key();
  ASSERT_EQ(::chmod(policy_.client_cert.c_str(), 0644), 0) << "a certificate alone is no secret";
  EXPECT_EQ(refusal(policy_), "none");
  ASSERT_EQ(::chmod(policy_.client_key.c_str(), 0640), 0);
  EXPECT_THAT(refusal(policy_), HasSubstr("others can use the tls_key= file"));

  write_identity(*identity_, at("both.pem"));
  ASSERT_EQ(::chmod(at("both.pem").c_str(), 0604), 0);
  tls::Policy both;
  both.client_cert = at("both.pem");
  EXPECT_THAT(refusal(both), HasSubstr("others can use the tls_cert= file"));

  write_pkcs12(*identity_, at("client.p12"), "");
  ASSERT_EQ(::chmod(at("client.p12").c_str(), 0644), 0);
  tls::Policy pkcs12;
  pkcs12.client_cert = at("client.p12");
  EXPECT_THAT(refusal(pkcs12), HasSubstr("chmod 600"));
}

TEST_F(IdentityFiles, ThatDoNotBelongTogetherAreRefused) {
  policy_.client_cert = certificate();
  policy_.client_key = key();
  write_key(TlsMaterial(), policy_.client_key);
  EXPECT_THAT(refusal(policy_),
              HasSubstr("private key does not belong to the client certificate in tls_cert="));
}

TEST_F(IdentityFiles, OutOfDateAreRefused) {
  policy_.client_cert = at("both.pem");
  write_identity(*authority_.issue({.starts = -48h, .ends = -24h}), at("both.pem"));
  EXPECT_THAT(refusal(policy_), HasSubstr("expired on 20"));
  write_identity(*authority_.issue({.starts = 48h}), at("both.pem"));
  EXPECT_THAT(refusal(policy_), HasSubstr("valid only from 20"));
}

TEST_F(IdentityFiles, ThatCannotBeUsedAreNamed) {
  policy_.client_key = key();
  EXPECT_THAT(refusal(policy_), HasSubstr("tls_cert=FILE"));
  policy_.client_cert = "/nonexistent/client.pem";
  EXPECT_THAT(refusal(policy_), HasSubstr("cannot open the tls_cert= file /nonexistent/client.pem"));
  policy_.client_cert = folder_.path();
  EXPECT_THAT(refusal(policy_), HasSubstr("not a regular file"));
  policy_.client_cert = policy_.client_key;
  EXPECT_THAT(refusal(policy_), HasSubstr("holds no certificate"));
  policy_.client_cert = certificate();
  policy_.client_key = "/nonexistent/key.pem";
  EXPECT_THAT(refusal(policy_), HasSubstr("cannot open the tls_key= file /nonexistent/key.pem"));
  policy_.client_key.clear();
  EXPECT_THAT(refusal(policy_), HasSubstr("-o tls_key=FILE"));
  write_pkcs12(*identity_, at("client.p12"), "");
  policy_.client_cert = at("client.p12");
  policy_.client_key = key();
  EXPECT_THAT(refusal(policy_), HasSubstr("leave tls_key= out"));
  std::ofstream(at("client.p12"), std::ios::binary) << "0 is no PKCS#12";
  policy_.client_key.clear();
  EXPECT_THAT(refusal(policy_), HasSubstr("looks like PKCS#12 and is not"));
}

}  // namespace
}  // namespace ftpsfs::testing
