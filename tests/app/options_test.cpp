#include "ftpsfs/app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "option_table.h"

namespace ftpsfs::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Options parsed(std::string_view list) {
  Options options;
  const auto status = parse_options(list, options);
  EXPECT_TRUE(status) << list << ": " << status.error().describe();
  return options;
}

struct Good {
  const char* list;
  bool (*holds)(const Options&);
};

const Good kGood[] = {
    {"user=bob", [](const Options& o) { return o.user == "bob"; }},
    {"user=a\\,b\\\\c", [](const Options& o) { return o.user == "a,b\\c"; }},
    {"user=a=b", [](const Options& o) { return o.user == "a=b"; }},
    {"user=a\\b", [](const Options& o) { return o.user == "a\\b"; }},
    {"user=bob,user", [](const Options& o) { return o.user == "bob"; }},
    {"credentials=/etc/c", [](const Options& o) { return o.credentials_file == "/etc/c"; }},
    {"credentials=c", [](const Options& o) { return o.credentials_file->is_absolute(); }},
    {"password_fd=3", [](const Options& o) { return o.password_fd == 3; }},
    {"tls=explicit", [](const Options& o) { return o.tls == TlsMode::explicit_tls; }},
    {"tls=implicit", [](const Options& o) { return o.tls == TlsMode::implicit_tls; }},
    {"tls=none", [](const Options& o) { return o.tls == TlsMode::none; }},
    {"ca_file=/ca.pem", [](const Options& o) { return o.tls_policy.ca_file == "/ca.pem"; }},
    {"tls_verify=no", [](const Options& o) { return !o.tls_policy.verify; }},
    {"tls_verify=no,tls_verify=yes", [](const Options& o) { return o.tls_policy.verify; }},
    {"tls_min=1.3", [](const Options& o) { return o.tls_policy.min_version == tls::Version::tls1_3; }},
    {"tls_max=1.2", [](const Options& o) { return o.tls_policy.max_version == tls::Version::tls1_2; }},
    {"tls_pin=sha256:000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F",
     [](const Options& o) { return o.tls_policy.pins.at(0).value[31] == std::byte{0x1f}; }},
    {"tls_pin=sha256:00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:"
     "1D:1E:1F",
     [](const Options& o) { return o.tls_policy.pins.at(0).value[1] == std::byte{1}; }},
    {"mtime=ignore", [](const Options& o) { return o.times == vfs::AttributePolicy::ignore; }},
    {"mtime=fail,mtime=auto", [](const Options& o) { return o.times == vfs::AttributePolicy::automatic; }},
    {"chmod=fail", [](const Options& o) { return o.permissions == vfs::AttributePolicy::fail; }},
    {"max_sessions=32", [](const Options& o) { return o.max_sessions == 32; }},
    {"connect_timeout=5", [](const Options& o) { return o.connect_timeout == 5s; }},
    {"timeout=5s", [](const Options& o) { return o.operation_timeout == 5s; }},
    {"data_timeout=250ms", [](const Options& o) { return o.data_timeout == 250ms; }},
    {"reply_timeout=1", [](const Options& o) { return o.reply_timeout == 1s; }},
    {"upload=inplace", [](const Options& o) { return o.presentation.uploads == remote::Uploads::in_place; }},
    {"upload=atomic", [](const Options& o) { return o.presentation.uploads == remote::Uploads::atomic; }},
    {"upload=atomic,upload=auto",
     [](const Options& o) { return o.presentation.uploads == remote::Uploads::automatic; }},
    {"ro", [](const Options& o) { return o.prefetch == Prefetch::automatic; }},
    {"prefetch=off", [](const Options& o) { return o.prefetch == Prefetch::off; }},
    {"prefetch=metadata", [](const Options& o) { return o.prefetch == Prefetch::metadata; }},
    {"prefetch=off,prefetch=auto", [](const Options& o) { return o.prefetch == Prefetch::automatic; }},
    {"upload_timeout=600", [](const Options& o) { return o.upload_timeout == 600s; }},
    {"rw", [](const Options& o) { return !o.writeback_delay; }},
    {"writeback", [](const Options& o) { return o.writeback_delay == 5s; }},
    {"writeback=0", [](const Options& o) { return o.writeback_delay == 0s; }},
    {"writeback=90", [](const Options& o) { return o.writeback_delay == 90s; }},
    {"journal_dir=/j", [](const Options& o) { return o.journal_folder == "/j"; }},
    {"journal_max=2K", [](const Options& o) { return o.journal_max == 2048; }},
    {"unmount_timeout=0", [](const Options& o) { return o.unmount_timeout == 0s; }},
    {"charset=ISO-8859-1",
     [](const Options& o) { return o.presentation.names != nullptr && !o.server_speaks_utf8; }},
    {"charset=utf8",
     [](const Options& o) { return o.presentation.names != nullptr && o.server_speaks_utf8; }},
    {"timezone=+02:00",
     [](const Options& o) {
       return o.time_zone->to_utc(base::SystemTime(2h)) == base::SystemTime() &&
              o.presentation.names == nullptr;
     }},
    {"symlinks=hide", [](const Options& o) { return o.presentation.symlinks == remote::Symlinks::hide; }},
    {"symlinks=follow", [](const Options& o) { return o.presentation.symlinks == remote::Symlinks::follow; }},
    {"symlinks=hide,symlinks=show",
     [](const Options& o) {
       return o.presentation.symlinks == remote::Symlinks::show && !o.presentation.unsafe_symlinks;
     }},
    {"unsafe_symlinks", [](const Options& o) { return o.presentation.unsafe_symlinks; }},
    {"tls_data=clear", [](const Options& o) { return o.data_channels.clear; }},
    {"tls_data=clear,tls_data=private", [](const Options& o) { return !o.data_channels.clear; }},
    {"pasv_address=server", [](const Options& o) { return o.data_channels.believe_pasv_address; }},
    {"pasv_address=peer", [](const Options& o) { return !o.data_channels.believe_pasv_address; }},
    {"active", [](const Options& o) { return o.data_channels.active; }},
    {"active,active_ports=50000-50100",
     [](const Options& o) {
       return o.data_channels.active_ports.first == 50000 && o.data_channels.active_ports.last == 50100;
     }},
    {"active_ports=2000", [](const Options& o) { return o.data_channels.active_ports.last == 2000; }},
    {"active_address=192.0.2.1",
     [](const Options& o) { return o.data_channels.active_address->host() == "192.0.2.1"; }},
    {"bind_address=2001:db8::1", [](const Options& o) { return o.bind_address->host() == "2001:db8::1"; }},
    {"rate_limit=2M", [](const Options& o) { return o.rate_limit == 2U << 20; }},
    {"rate_limit=1024", [](const Options& o) { return o.rate_limit == 1024U; }},
    {"rate_limit=2M,rate_limit=1G", [](const Options& o) { return o.rate_limit == 1U << 30; }},
    {"rw", [](const Options& o) { return !o.rate_limit; }},
    {"quirks=no_epsv:pret", [](const Options& o) { return o.quirks == "no_epsv:pret"; }},
    {"cache_ttl=0", [](const Options& o) { return o.cache_lifetime == 0s && !o.negative_lifetime; }},
    {"negative_ttl=3", [](const Options& o) { return o.negative_lifetime == 3s && o.cache_lifetime == 10s; }},
    {"spool_dir=/var/tmp/x", [](const Options& o) { return o.spool_folder == "/var/tmp/x"; }},
    {"spool_max=5", [](const Options& o) { return o.spool_max == 5; }},
    {"spool_max=5K", [](const Options& o) { return o.spool_max == 5120; }},
    {"spool_max=5M", [](const Options& o) { return o.spool_max == 5U << 20; }},
    {"spool_max=1T", [](const Options& o) { return o.spool_max == 1ULL << 40; }},
    {"log_level=debug", [](const Options& o) { return o.log_level == "debug"; }},
    {"uid=0,gid=1000", [](const Options& o) { return o.owner == 0U && o.group == 1000U; }},
    {"file_mode=0640,dir_mode=750",
     [](const Options& o) { return o.file_mode == 0640 && o.directory_mode == 0750; }},
    {"ro", [](const Options& o) { return o.read_only; }},
    {"ro,rw", [](const Options& o) { return !o.read_only; }},
    {"max_threads=64", [](const Options& o) { return o.max_threads == 64; }},
    {"debug", [](const Options& o) { return o.trace_requests && o.log_level == "trace"; }},
    {"", [](const Options& o) { return !o.user; }},
    {",,ro,", [](const Options& o) { return o.read_only; }},
};

class GoodOption : public ::testing::TestWithParam<Good> {};

TEST_P(GoodOption, IsTaken) { EXPECT_TRUE(GetParam().holds(parsed(GetParam().list))) << GetParam().list; }

INSTANTIATE_TEST_SUITE_P(All, GoodOption, ::testing::ValuesIn(kGood));

struct Bad {
  const char* list;
  const char* says;
};

const Bad kBad[] = {
    {"usr=bob", "did you mean 'user'?"},
    {"max_session=3", "did you mean 'max_sessions'?"},
    {"allow_others", "did you mean 'allow_other'?"},
    {"fsname=x", "unknown option 'fsname'"},
    {"password=geheim", "credentials=FILE"},
    {"pass=geheim", "password_fd=N"},
    {"password", "credentials=FILE"},
    {"user=", "takes a user name"},
    {"credentials", "credentials=FILE"},
    {"credentials=", "takes a path"},
    {"password_fd=-1", "number"},
    {"password_fd=x", "number"},
    {"tls=yes", "explicit, implicit or none"},
    {"charset=klingon", "iconv -l"},
    {"charset=UTF-16", "does not contain ASCII"},
    {"timezone=Mars/Olympus", "Europe/Berlin"},
    {"upload=sometimes", "auto, atomic or inplace"},
    {"writeback=soon", "takes a time"},
    {"symlinks=maybe", "show, hide or follow"},
    {"tls_verify=maybe", "yes or no"},
    {"tls_min=1.0", "1.2 or 1.3"},
    {"tls_max=1.1", "1.2 or 1.3"},
    {"tls_pin=abcd", "tls_pin"},
    {"tls_pin=sha256:abcd", "tls_pin"},
    {"max_sessions=0", "from 1 to 32"},
    {"max_sessions=33", "from 1 to 32"},
    {"max_threads=1", "from 4"},
    {"timeout=0", "longer than nothing"},
    {"timeout=-5", "takes a time"},
    {"timeout=5m", "takes a time"},
    {"timeout=99999999999999999999", "takes a time"},
    {"timeout=18446744073709551615", "takes a time"},
    {"timeout=", "takes a time"},
    {"cache_ttl=90000", "at most a day"},
    {"spool_max=1X", "takes a size"},
    {"spool_max=99999999999999T", "takes a size"},
    {"spool_max=K", "takes a size"},
    {"rate_limit=0", "at least 1K"},
    {"rate_limit=1023", "at least 1K"},
    {"rate_limit=fast", "takes a size"},
    {"rate_limit", "rate_limit=SIZE"},
    {"tls_data=none", "private or clear"},
    {"pasv_address=1.2.3.4", "peer or server"},
    {"active=yes", "no value"},
    {"active_ports=50100-50000", "as in 50000-50100"},
    {"active_ports=80", "1024 to 65535"},
    {"active_ports=2000-", "1024 to 65535"},
    {"active_address=localhost", "not a numeric"},
    {"bind_address=[::1]", "not a numeric"},
    {"quirks=no_espv", "did you mean 'no_epsv'?"},
    {"log_level=loud", "trace, debug"},
    {"uid=4294967295", "number"},
    {"file_mode=0999", "octal"},
    {"file_mode=17777", "octal"},
    {"ro=yes", "no value"},
    {"allow_other=1", "no value"},
    {"nofail=1", "unknown option"},
};

class BadOption : public ::testing::TestWithParam<Bad> {};

TEST_P(BadOption, IsRefusedWithASentence) {
  Options options;
  const auto status = parse_options(GetParam().list, options);
  ASSERT_FALSE(status) << GetParam().list;
  EXPECT_EQ(status.error().code, base::Errc::invalid_argument);
  EXPECT_THAT(status.error().message, HasSubstr(GetParam().says));
  EXPECT_THAT(status.error().message, Not(HasSubstr("geheim")));
}

INSTANTIATE_TEST_SUITE_P(All, BadOption, ::testing::ValuesIn(kBad));

TEST(Options, DropsWhatIsForMountAndFstab) {
  const Options options = parsed(
      "_netdev,nofail,noauto,auto,rw,defaults,user,users,nouser,x-systemd.automount,x-systemd.device-timeout="
      "5,"
      "comment=anything,relatime");
  EXPECT_THAT(options.kernel_options, IsEmpty());
  EXPECT_FALSE(options.user);
}

TEST(Options, PassesTheKernelsWordsOnInOrderAndOnce) {
  const Options options = parsed("nodev,nosuid,noexec,allow_other,nodev,noatime");
  EXPECT_THAT(options.kernel_options, ElementsAre("nosuid", "noexec", "allow_other", "nodev", "noatime"));
}

TEST(Options, AllowOtherBringsPermissionChecks) {
  Options options = parsed("allow_other,ro");
  ASSERT_TRUE(complete_options(options));
  EXPECT_THAT(options.kernel_options, ElementsAre("allow_other", "default_permissions", "ro"));
}

TEST(Options, RefusesContradictions) {
  Options versions = parsed("tls_min=1.3,tls_max=1.2");
  EXPECT_FALSE(complete_options(versions));
  for (const char* list : {"active_ports=2000", "active_address=192.0.2.1"}) {
    Options passive = parsed(list);
    EXPECT_FALSE(complete_options(passive)) << list;
  }
  Options active = parsed("active,active_ports=2000,active_address=192.0.2.1");
  EXPECT_TRUE(complete_options(active));
  Options passwords = parsed("credentials=/c,password_fd=3");
  EXPECT_FALSE(complete_options(passwords));
}

TEST(Options, LaterListsOverrideEarlierOnes) {
  Options options = parsed("timeout=5,max_sessions=2");
  ASSERT_TRUE(parse_options("timeout=7", options));
  EXPECT_EQ(options.operation_timeout, 7s);
  EXPECT_EQ(options.max_sessions, 2U);
}

TEST(Options, ExpandsTheHomeFolderThatTheShellLeaves) {
  ::setenv("HOME", "/home/bob", 1);
  EXPECT_EQ(parsed("credentials=~/c").credentials_file, "/home/bob/c");
}

TEST(Options, HelpHasALineForEachOption) {
  for (const OptionSpec& spec : option_table())
    EXPECT_THAT(options_help(), HasSubstr(std::string(spec.name)));
}

TEST(Options, NamesAreUnique) {
  std::vector<std::string_view> names(kernel_words().begin(), kernel_words().end());
  for (const OptionSpec& spec : option_table()) names.push_back(spec.name);
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace ftpsfs::app
