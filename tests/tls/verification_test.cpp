#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

#include "ftpsfs/tls/context.h"
#include "ftpsfs/tls/policy.h"
#include "tls_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ::testing::HasSubstr;
using ::testing::Not;

base::Status log_in(ServedStack& served, const tls::Policy& policy, const std::string& host = "127.0.0.1") {
  served.stack.settings.tls = tls::Context::create(policy).value();
  served.stack.settings.host = host;
  auto session = served.stack.open_session();
  return session ? base::Status{} : base::fail(std::move(session));
}

TEST(Verification, RefusesAnUnknownIssuerAndSaysHowToTrustIt) {
  ServedStack served(permissive());
  const auto result = log_in(served, tls::Policy{});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::tls_untrusted);
  EXPECT_THAT(result.error().message, HasSubstr("-o tls_pin=sha256:" + served.server.fingerprint()));
  EXPECT_THAT(result.error().message, HasSubstr("self-signed"));
  EXPECT_EQ(served.server.snapshot().command_count("USER"), 0U);
}

TEST(Verification, NamesTheRemedyHoweverManyNamesACertificateHas) {
  CertificateSpec shared_host{.names = "DNS:customer0.hosting.example"};
  for (int i = 1; i < 70; ++i) shared_host.names += fmt::format(",DNS:customer{}.hosting.example", i);
  CertifiedServer served(std::make_shared<const TlsMaterial>(shared_host));
  const auto file = served.folder.path() / "ca.pem";
  served.server.material().write_certificate(file);
  tls::Policy policy;
  policy.ca_file = file;
  const auto result = served.log_in(policy, "elsewhere.example");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().describe(), HasSubstr("customer0.hosting.example"));
  EXPECT_THAT(result.error().describe(), HasSubstr("-o tls_pin=sha256:" + served.server.fingerprint()));
}

TEST(Verification, AcceptsThePinnedCertificateAlone) {
  ServedStack served(permissive());
  EXPECT_TRUE(log_in(served, trusting(served.server)));
  EXPECT_TRUE(log_in(served, trusting(served.server), "localhost"));
}

TEST(Verification, RefusesAnotherCertificateThanThePinned) {
  ServedStack served(permissive());
  tls::Policy policy;
  policy.pins = {tls::Pin{}};
  const auto result = log_in(served, policy);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::tls_untrusted);
  EXPECT_THAT(result.error().message, HasSubstr("pinned"));
  EXPECT_THAT(result.error().message, HasSubstr("operator confirms")) << "it may be an attacker's";
}

TEST(Verification, AcceptsAnIssuerFromTheCaFile) {
  ServedStack served(permissive());
  const auto file = served.folder.path() / "ca.pem";
  served.server.material().write_certificate(file);
  tls::Policy policy;
  policy.ca_file = file;
  EXPECT_TRUE(log_in(served, policy, "localhost"));
  EXPECT_TRUE(log_in(served, policy, "127.0.0.1"));
}

TEST(Verification, ChecksTheHostName) {
  ServedStack served(permissive());
  const auto file = served.folder.path() / "ca.pem";
  served.server.material().write_certificate(file);
  tls::Policy policy;
  policy.ca_file = file;
  served.stack.settings.tls = tls::Context::create(policy).value();
  served.stack.settings.host = "ftp.example.org";
  LocalDialer dialer;
  const auto result =
      ftp::Session::open(served.stack.settings, dialer, served.stack.knowledge, test_context());
  ASSERT_FALSE(result) << "the certificate names 127.0.0.1 and localhost only";
  EXPECT_EQ(result.error().code, Errc::tls_untrusted) << result.error().describe();
  EXPECT_THAT(result.error().message, HasSubstr("hostname mismatch"));
}

TEST(Verification, CanBeSwitchedOff) {
  ServedStack served(permissive());
  tls::Policy policy;
  policy.verify = false;
  EXPECT_TRUE(log_in(served, policy));
}

TEST(Verification, RefusesADataChannelWithAnotherCertificate) {
  // The second server has the first one's folder and answers on a data port that the first one names.
  ServedStack served(permissive());
  served.folder.write("file", "content");
  auto session = served.stack.open_session();
  ASSERT_TRUE(session);
  ServedStack impostor(permissive());
  auto control = ftp::ControlConnection::open(impostor.stack.dialer, "127.0.0.1", impostor.server.port(),
                                              nullptr, test_context());
  ASSERT_TRUE(control);
  auto other = impostor.stack.open_session();
  ASSERT_TRUE(other);
  const auto passive = (*other)->perform(ftp::Command::epsv(), test_context());
  ASSERT_TRUE(passive);
  Fault misdirected = Fault::reply_with(passive->text());
  misdirected.execute_anyway = true;
  served.server.faults().on_command("EPSV", 1, misdirected);
  // The impostor must be in a transfer for its data port to speak TLS.
  impostor.folder.write("file", "forged");
  std::jthread transfer([&] { (void)(*other)->perform(ftp::Command::retr(at("/file")), test_context()); });
  const auto result = (*session)->transfer(ftp::Command::retr(at("/file")), test_context());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::tls_untrusted) << result.error().describe();
  impostor.server.stop();
}

TEST(Verification, RefusesAnotherCertificateWhereTheServerHasLostItsSessions) {
  for (const auto version : {tls::Version::tls1_2, tls::Version::tls1_3}) {
    Personality two_faced = permissive();
    two_faced.tls.data_certificate = std::make_shared<const TlsMaterial>();
    ServedStack served(two_faced, version);
    served.folder.write("file", "content");
    auto session = served.stack.open_session();
    ASSERT_TRUE(session);
    EXPECT_TRUE((*session)->transfer(ftp::Command::retr(at("/file")), test_context()))
        << "a resumed one shows none";
    Fault full;
    full.refuse_resumption = true;
    served.server.faults().on_command("RETR", 1, full);
    const auto result = (*session)->transfer(ftp::Command::retr(at("/file")), test_context());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::tls_untrusted) << result.error().describe();
    EXPECT_THAT(result.error().message, HasSubstr("not the one that the control connection showed"));
  }
}

TEST(Versions, AreWhatThePolicyAllows) {
  for (const auto only : {tls::Version::tls1_2, tls::Version::tls1_3}) {
    Personality opposite = permissive();
    const auto theirs = only == tls::Version::tls1_2 ? TlsVersion::tls1_3 : TlsVersion::tls1_2;
    opposite.tls.min_version = theirs;
    opposite.tls.max_version = theirs;
    ServedStack served(opposite);
    const auto result = log_in(served, trusting(served.server, only));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::tls_refused) << result.error().describe();
  }
}

TEST(Versions, ThatExcludeEachOtherAreRefused) {
  tls::Policy policy;
  policy.min_version = tls::Version::tls1_3;
  policy.max_version = tls::Version::tls1_2;
  const auto context = tls::Context::create(policy);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace ftpsfs::testing
