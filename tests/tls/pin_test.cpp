#include "ftpsfs/tls/pin.h"

#include <gmock/gmock.h>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ::testing::HasSubstr;

base::Status log_in(ServedStack& served, std::vector<tls::Pin> pins) {
  tls::Policy policy;
  policy.pins = std::move(pins);
  served.stack.settings.tls = tls::Context::create(policy).value();
  auto session = served.stack.open_session();
  return session ? base::Status{} : base::fail(std::move(session));
}

tls::Pin pin(const std::string& text) { return tls::parse_pin(text).value(); }

TEST(Pins, TakeThePublicKey) {
  ServedStack served(permissive());
  const auto result = log_in(served, {pin("key:sha256:" + served.server.material().key_fingerprint())});
  EXPECT_TRUE(result) << result.error().describe();
}

TEST(Pins, DoNotTakeAKeysFingerprintForACertificates) {
  ServedStack served(permissive());
  const std::string certificate = served.server.fingerprint();
  const std::string key = served.server.material().key_fingerprint();
  EXPECT_FALSE(log_in(served, {pin("sha256:" + key)}));
  EXPECT_FALSE(log_in(served, {pin("key:sha256:" + certificate)}));
}

TEST(Pins, OfTheKeySurviveARenewedCertificate) {
  const auto before = std::make_shared<const TlsMaterial>();
  TemporaryFolder folder;
  ServerOptions options;
  options.root = folder.path();
  options.material = std::make_shared<const TlsMaterial>(CertificateSpec{.key_of = before});
  Server renewed(options);
  renewed.start();
  for (const auto& [text, trusted] : {std::pair("key:sha256:" + before->key_fingerprint(), true),
                                      std::pair("sha256:" + before->fingerprint(), false)}) {
    tls::Policy policy;
    policy.pins = {pin(text)};
    FtpStack stack(login_to(renewed.port(), policy));
    const auto session = stack.open_session();
    EXPECT_EQ(session.has_value(), trusted) << text;
  }
}

TEST(Pins, SufficeOneByOne) {
  ServedStack served(permissive());
  const tls::Pin right = pin("sha256:" + served.server.fingerprint());
  EXPECT_TRUE(log_in(served, {tls::Pin{}, right}));
  EXPECT_TRUE(log_in(served, {right, tls::Pin{.of = tls::Pin::Of::public_key}}));
}

TEST(Pins, ThatDoNotFitAreNamedWithWhatWasSeen) {
  ServedStack served(permissive());
  const auto result = log_in(served, {tls::Pin{}, tls::Pin{.of = tls::Pin::Of::public_key}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::tls_untrusted);
  const std::string zeros(64, '0');
  for (const std::string& part :
       {"sha256:" + zeros, "key:sha256:" + zeros, "sha256:" + served.server.fingerprint(),
        "key:sha256:" + served.server.material().key_fingerprint(),
        std::string("between you and the server")}) {
    EXPECT_THAT(result.error().message, HasSubstr(part));
  }
}

TEST(Pins, AreReadInAllTheirForms) {
  // The SHA-256 of nothing.
  const std::string hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const auto certificate = tls::parse_pin("sha256:" + hex);
  const auto key = tls::parse_pin("key:sha256:" + hex);
  const auto curl = tls::parse_pin("sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  ASSERT_TRUE(certificate && key && curl);
  EXPECT_EQ(tls::to_string(*certificate), "sha256:" + hex);
  EXPECT_EQ(tls::to_string(*key), "key:sha256:" + hex);
  EXPECT_EQ(*curl, *key);
  EXPECT_NE(*certificate, *key);
}

TEST(Fingerprint, IsReadWithAndWithoutColons) {
  const std::string hex(64, 'a');
  std::string with_colons;
  for (int i = 0; i < 32; ++i) with_colons += i == 0 ? "AA" : ":AA";
  const auto plain = tls::parse_fingerprint("sha256:" + hex);
  const auto colons = tls::parse_fingerprint("sha256:" + with_colons);
  ASSERT_TRUE(plain);
  ASSERT_TRUE(colons);
  EXPECT_EQ(*plain, *colons);
  EXPECT_EQ(tls::to_string(*plain), "sha256:" + hex);
}

TEST(Fingerprint, ThatIsNoneIsRefused) {
  for (const std::string& text : {std::string(), std::string("sha256:"), "sha1:" + std::string(64, 'a'),
                                  "sha256:" + std::string(63, 'a'), "sha256:" + std::string(65, 'a'),
                                  "sha256:" + std::string(63, 'a') + "g", std::string(64, 'a')}) {
    EXPECT_FALSE(tls::parse_fingerprint(text)) << text;
  }
}

class BadPin : public ::testing::TestWithParam<const char*> {};

TEST_P(BadPin, IsRefused) {
  const auto parsed = tls::parse_pin(GetParam());
  ASSERT_FALSE(parsed) << GetParam();
  EXPECT_EQ(parsed.error().code, Errc::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Forms, BadPin,
                         ::testing::Values("", "key:", "key:sha256:", "key:sha256:abcd", "sha256//",
                                           "sha256//47DEQpj8",
                                           "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA",
                                           "sha256//=7DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                                           "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSu==",
                                           "sha256// 7DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                                           "sha256//!7DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                                           "key:sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));

}  // namespace
}  // namespace ftpsfs::testing
