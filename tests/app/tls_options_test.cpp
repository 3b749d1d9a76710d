#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "ftpsfs/app/options.h"
#include "support/ftps_server/tls_material_files.h"
#include "support/temporary_folder.h"
#include "tls_context.h"

namespace ftpsfs::app {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::TlsMaterial;

const std::string kHex(64, 'a');

Options parsed(const std::string& list) {
  Options options;
  const auto status = parse_options(list, options);
  EXPECT_TRUE(status) << list << ": " << status.error().describe();
  return options;
}

std::string refusal(const std::string& list) {
  Options options;
  const auto status = parse_options(list, options);
  return status ? "none" : status.error().message;
}

TEST(TlsOptions, NameFilesWithAbsolutePaths) {
  const tls::Policy policy =
      parsed("ca_file=/ca,ca_path=/cas,crl_file=/crl,tls_cert=/cert,tls_key=/key,keylog=/log").tls_policy;
  EXPECT_EQ(policy.ca_file, "/ca");
  EXPECT_EQ(policy.ca_path, "/cas");
  EXPECT_EQ(policy.crl_file, "/crl");
  EXPECT_EQ(policy.client_cert, "/cert");
  EXPECT_EQ(policy.client_key, "/key");
  EXPECT_EQ(policy.keylog_file, "/log");
  EXPECT_TRUE(std::filesystem::path(parsed("tls_cert=cert").tls_policy.client_cert).is_absolute());
  EXPECT_EQ(parsed("tls_key_passphrase_file=/pass").tls_key_passphrase_file, "/pass");
}

TEST(TlsOptions, NameCiphersAndTheServer) {
  const tls::Policy policy =
      parsed("tls_ciphers=A:B,tls_ciphersuites=TLS_X:TLS_Y,tls_servername=ftp.example.org").tls_policy;
  EXPECT_EQ(policy.ciphers, "A:B");
  EXPECT_EQ(policy.ciphersuites, "TLS_X:TLS_Y");
  EXPECT_EQ(policy.server_name, "ftp.example.org");
}

TEST(TlsOptions, CollectPins) {
  const auto pins =
      parsed("tls_pin=sha256:" + kHex + ",tls_pin=key:sha256:" + kHex + ",tls_pin=sha256:" + kHex)
          .tls_policy.pins;
  ASSERT_EQ(pins.size(), 2U) << "a pin given twice is one";
  EXPECT_EQ(tls::to_string(pins[0]), "sha256:" + kHex);
  EXPECT_EQ(tls::to_string(pins[1]), "key:sha256:" + kHex);
}

TEST(TlsOptions, BoundThePins) {
  std::string list;
  for (int i = 0; i < 17; ++i) list += ",tls_pin=sha256:" + kHex.substr(2) + std::to_string(10 + i);
  EXPECT_THAT(refusal(list), HasSubstr("more than 16"));
}

TEST(TlsOptions, ThatMeanNothingAreRefused) {
  EXPECT_THAT(refusal("tls_servername="), HasSubstr("ftp.example.org"));
  EXPECT_THAT(refusal("tls_servername=ftp://host"), HasSubstr("ftp.example.org"));
  EXPECT_THAT(refusal("tls_ciphers="), HasSubstr("names of ciphers"));
  EXPECT_THAT(refusal("tls_cert="), HasSubstr("path"));
  EXPECT_THAT(refusal("tls_pin=key:md5:00"), HasSubstr("key:sha256:"));
}

class PassphraseFile : public ::testing::Test {
 protected:
  PassphraseFile() {
    const TlsMaterial material;
    material.write_certificate(folder_.path() / "cert.pem");
    testing::write_key(material, folder_.path() / "key.pem", "open sesame");
    options_.tls_policy.client_cert = folder_.path() / "cert.pem";
    options_.tls_policy.client_key = folder_.path() / "key.pem";
    options_.tls_key_passphrase_file = folder_.path() / "passphrase";
  }

  std::string refusal_of(const std::string& content, mode_t mode = 0600) {
    std::ofstream(*options_.tls_key_passphrase_file, std::ios::binary) << content;
    ::chmod(options_.tls_key_passphrase_file->c_str(), mode);
    const auto context = make_tls_context(options_);
    return context ? "none" : context.error().message;
  }

  TemporaryFolder folder_;
  Options options_;
};

TEST_F(PassphraseFile, OpensTheKeyWithItsFirstLine) {
  EXPECT_EQ(refusal_of("open sesame"), "none");
  EXPECT_EQ(refusal_of("open sesame\n"), "none");
  EXPECT_EQ(refusal_of("open sesame\r\nmore\n"), "none");
}

TEST_F(PassphraseFile, ThatIsWrongIsRefusedWithoutBeingShown) {
  const std::string message = refusal_of("wrong words");
  EXPECT_THAT(message, HasSubstr("tls_key_passphrase_file="));
  EXPECT_THAT(message, ::testing::Not(HasSubstr("wrong words")));
}

TEST_F(PassphraseFile, OthersMayNotUse) {
  EXPECT_THAT(refusal_of("open sesame", 0640), HasSubstr("chmod 600"));
}

TEST_F(PassphraseFile, MustExistAndHoldSomething) {
  EXPECT_THAT(refusal_of("\nopen sesame"), HasSubstr("no passphrase in its first line"));
  EXPECT_THAT(refusal_of(std::string(2000, 'x')), HasSubstr("longer than"));
  std::filesystem::remove(*options_.tls_key_passphrase_file);
  const auto context = make_tls_context(options_);
  ASSERT_FALSE(context);
  EXPECT_THAT(context.error().message, HasSubstr("cannot open the tls_key_passphrase_file= file"));
}

}  // namespace
}  // namespace ftpsfs::app
