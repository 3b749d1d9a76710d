// Real servers in configurations other than the usual one.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "real/shared_server.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using mount_test::RealServer;

struct Variant {
  const char* server;
  const char* tls_version;
  const char* name;
  std::vector<std::string> arguments;
  ftp::Security security = ftp::Security::explicit_tls;
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.server << " " << variant.name; }

void expect_a_round_trip(FtpStack& stack) {
  const std::string bytes = patterned_bytes(300'000);
  const auto stored = stack.remote.store(at("/file"), content_of(bytes), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_TRUE(read_all(stack.remote, at("/file")) == bytes);
  const auto listed = stack.remote.list(at("/"), test_context());
  ASSERT_TRUE(listed) << listed.error().describe();
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().name, "file");
}

class RealVariants : public ::testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    FTPSFS_NEEDS(mount_test::why_no_real_servers());
    if (!mount_test::is_wanted(GetParam().server)) GTEST_SKIP() << kNotWanted;
  }
};

TEST_P(RealVariants, CarryFilesBothWays) {
  const RealServer server(GetParam().server, GetParam().tls_version, GetParam().arguments);
  auto settings = login_to(server);
  settings.security = GetParam().security;
  FtpStack stack(std::move(settings));
  expect_a_round_trip(stack);
}

INSTANTIATE_TEST_SUITE_P(
    RealServers, RealVariants,
    ::testing::Values(Variant{"vsftpd", "1.2", "implicit", {"--implicit"}, ftp::Security::implicit_tls},
                      Variant{"vsftpd", "1.3", "implicit", {"--implicit"}, ftp::Security::implicit_tls},
                      Variant{"proftpd", "1.2", "implicit", {"--implicit"}, ftp::Security::implicit_tls},
                      Variant{"proftpd", "1.3", "implicit", {"--implicit"}, ftp::Security::implicit_tls},
                      Variant{"ftpsrv", "1.3", "implicit", {"--implicit"}, ftp::Security::implicit_tls},
                      Variant{"vsftpd", "1.3", "ipv6", {"--address", "::1"}},
                      Variant{"pyftpdlib", "1.3", "ipv6", {"--address", "::1"}},
                      Variant{"vsftpd", "1.3", "without_reuse", {"--reuse", "optional"}},
                      Variant{"proftpd", "1.3", "without_reuse", {"--reuse", "optional"}}),
    [](const auto& test) {
      return fmt::format("{}_{}_tls1{}", test.param.server, test.param.name, test.param.tls_version[2]);
    });

class RealClientCertificate : public ::testing::TestWithParam<RealKind> {
 protected:
  void SetUp() override { FTPSFS_NEEDS(mount_test::why_no_real_servers()); }
};

TEST_P(RealClientCertificate, IsShownWhereTheServerDemandsOne) {
  const RealServer server(GetParam().server, GetParam().version == tls::Version::tls1_2 ? "1.2" : "1.3",
                          {"--client-certificate", "required"});
  tls::Policy policy;
  policy.client_cert = server.state() / "client-cert.pem";
  policy.client_key = server.state() / "client-key.pem";
  FtpStack with(login_to(server, policy));
  expect_a_round_trip(with);

  FtpStack without(login_to(server));
  EXPECT_FALSE(without.open_session());
}

INSTANTIATE_TEST_SUITE_P(RealServers, RealClientCertificate,
                         ::testing::ValuesIn(std::span(kRealKinds).first(4)),
                         [](const auto& test) { return test.param.name(); });

// As it is without AllowOverwrite and AllowStoreRestart.
TEST(RealRestrictions, proftpd_RefusesToOverwriteAndHasFilesReplacedAllTheSame) {
  FTPSFS_NEEDS(mount_test::why_no_real_servers());
  const RealServer server("proftpd", "1.3", {"--defaults"});
  FtpStack stack(login_to(server));
  expect_a_round_trip(stack);
  const std::string other = "other";
  const auto stored = stack.remote.store(at("/file"), content_of(other), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_TRUE(stack.knowledge.lacks_rename_over);
  EXPECT_EQ(read_all(stack.remote, at("/file")).value_or("failed"), other);
  const auto listed = stack.remote.list(at("/"), test_context());
  ASSERT_TRUE(listed) << listed.error().describe();
  EXPECT_EQ(listed->size(), 1U);
}

}  // namespace
}  // namespace ftpsfs::testing
