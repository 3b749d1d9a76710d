#include "ftpsfs/app/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ftpsfs::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Good {
  const char* text;
  std::optional<TlsMode> option;
  TlsMode tls;
  const char* user;
  const char* host;
  std::uint16_t port;
  std::optional<const char*> path;
  const char* display;
};

const Good kGood[] = {
    {"ftpes://host", {}, TlsMode::explicit_tls, "", "host", 21, {}, "ftpes://host"},
    {"ftpes://bob@host/pub", {}, TlsMode::explicit_tls, "bob", "host", 21, "/pub", "ftpes://bob@host/pub"},
    {"ftpes://host/", {}, TlsMode::explicit_tls, "", "host", 21, "/", "ftpes://host/"},
    {"ftpes://host:2121/a/b/", {}, TlsMode::explicit_tls, "", "host", 2121, "/a/b", "ftpes://host:2121/a/b"},
    {"ftps://host", {}, TlsMode::implicit_tls, "", "host", 990, {}, "ftps://host"},
    {"ftps://host:21", {}, TlsMode::implicit_tls, "", "host", 21, {}, "ftps://host:21"},
    {"ftps://host", TlsMode::implicit_tls, TlsMode::implicit_tls, "", "host", 990, {}, "ftps://host"},
    {"ftp://host/x", TlsMode::none, TlsMode::none, "", "host", 21, "/x", "ftp://host/x"},
    {"ftpes://b%40c%3Ad@host/a%20b%2541",
     {},
     TlsMode::explicit_tls,
     "b@c:d",
     "host",
     21,
     "/a b%41",
     "ftpes://b@c:d@host/a b%41"},
    {"ftpes://bob@corp.example@host",
     {},
     TlsMode::explicit_tls,
     "bob@corp.example",
     "host",
     21,
     {},
     "ftpes://bob@corp.example@host"},
    {"host", {}, TlsMode::explicit_tls, "", "host", 21, {}, "ftpes://host"},
    {"host:", {}, TlsMode::explicit_tls, "", "host", 21, {}, "ftpes://host"},
    {"host:/dir", {}, TlsMode::explicit_tls, "", "host", 21, "/dir", "ftpes://host/dir"},
    {"host/dir", {}, TlsMode::explicit_tls, "", "host", 21, "/dir", "ftpes://host/dir"},
    {"host:2121", {}, TlsMode::explicit_tls, "", "host", 2121, {}, "ftpes://host:2121"},
    {"bob@host:2121/dir",
     {},
     TlsMode::explicit_tls,
     "bob",
     "host",
     2121,
     "/dir",
     "ftpes://bob@host:2121/dir"},
    {"bob@host:/with@sign%41",
     {},
     TlsMode::explicit_tls,
     "bob",
     "host",
     21,
     "/with@sign%41",
     "ftpes://bob@host/with@sign%41"},
    {"host:/", TlsMode::implicit_tls, TlsMode::implicit_tls, "", "host", 990, "/", "ftps://host/"},
    {"host", TlsMode::none, TlsMode::none, "", "host", 21, {}, "ftp://host"},
    {"[::1]", {}, TlsMode::explicit_tls, "", "::1", 21, {}, "ftpes://[::1]"},
    {"ftpes://bob@[2001:db8::1]:2121/x",
     {},
     TlsMode::explicit_tls,
     "bob",
     "2001:db8::1",
     2121,
     "/x",
     "ftpes://bob@[2001:db8::1]:2121/x"},
    {"[fe80::1%eth0]:/x",
     {},
     TlsMode::explicit_tls,
     "",
     "fe80::1%eth0",
     21,
     "/x",
     "ftpes://[fe80::1%eth0]/x"},
    {"192.0.2.7:/x", {}, TlsMode::explicit_tls, "", "192.0.2.7", 21, "/x", "ftpes://192.0.2.7/x"},
};

class GoodSource : public ::testing::TestWithParam<Good> {};

TEST_P(GoodSource, IsUnderstood) {
  const Good& good = GetParam();
  const auto source = parse_source(good.text, good.option);
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_EQ(source->tls, good.tls);
  EXPECT_EQ(source->user, good.user);
  EXPECT_EQ(source->host, good.host);
  EXPECT_EQ(source->port, good.port);
  ASSERT_EQ(source->path.has_value(), good.path.has_value());
  EXPECT_EQ(source->path ? source->path->str() : "", good.path.value_or(""));
  EXPECT_EQ(source->display(), good.display);
}

INSTANTIATE_TEST_SUITE_P(All, GoodSource, ::testing::ValuesIn(kGood));

struct Bad {
  const char* text;
  std::optional<TlsMode> option;
  const char* says;
};

const Bad kBad[] = {
    {"", {}, "names no host"},
    {"ftpes://", {}, "names no host"},
    {"ftpes:///path", {}, "names no host"},
    {":/path", {}, "names no host"},
    {"ftp://host", {}, "ftpes://"},
    {"ftp://host", {}, "ftps://"},
    {"ftp://host", {}, "tls=none"},
    {"ftp://host", TlsMode::explicit_tls, "ftpes://"},
    {"sftp://host", {}, "sftp:// is not a scheme"},
    {"ftps://host", TlsMode::explicit_tls, "ftpes://"},
    {"ftpes://host", TlsMode::none, "ftp://"},
    {"ftpes://bob:geheim@host/", {}, "credentials="},
    {"bob:geheim@host:/", {}, "credentials="},
    {"ftpes://@host/", {}, "no user name"},
    {"ftpes://bob@-oProxyCommand=x/", {}, "begin with '-'"},
    {"-host:/", {}, "begin with '-'"},
    {"ho st:/", {}, "not a host name"},
    {"host;rm:/", {}, "not a host name"},
    {"h\xc3\xb6st:/", {}, "xn--"},
    {"host\n:/", {}, "control character"},
    {"ftpes://b%0aob@host/", {}, "control character"},
    {"ftpes://host/a%0d%0aDELE x", {}, "path"},
    {"ftpes://host/a%2", {}, "%25"},
    {"ftpes://host/a%zz", {}, "%25"},
    {"ftpes://host/a/../b", {}, "path"},
    {"host:path", {}, "not a port"},
    {"host:0", {}, "not a port"},
    {"host:65536", {}, "not a port"},
    {"host:21x", {}, "not a port"},
    {"::1", {}, "brackets"},
    {"2001:db8::1:/x", {}, "brackets"},
    {"[::1", {}, "']'"},
    {"[::1]x", {}, "after ']'"},
    {"[host]:/", {}, "not an IPv6 address"},
    {"[::1%]:/", {}, "not an IPv6 address"},
};

class BadSource : public ::testing::TestWithParam<Bad> {};

TEST_P(BadSource, IsRefusedWithASentence) {
  const Bad& bad = GetParam();
  const auto source = parse_source(bad.text, bad.option);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, base::Errc::invalid_argument);
  EXPECT_THAT(source.error().message, HasSubstr(bad.says));
  EXPECT_THAT(source.error().message, Not(HasSubstr("geheim")));
}

INSTANTIATE_TEST_SUITE_P(All, BadSource, ::testing::ValuesIn(kBad));

TEST(Source, TakesNoHostOfMoreThan253Characters) {
  EXPECT_TRUE(parse_source(std::string(253, 'a'), {}));
  EXPECT_FALSE(parse_source(std::string(254, 'a'), {}));
}

}  // namespace
}  // namespace ftpsfs::app
