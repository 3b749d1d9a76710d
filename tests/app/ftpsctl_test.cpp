#include "ftpsfs/app/ftpsctl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace ftpsfs::app {
namespace {

using ::testing::HasSubstr;

auto parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ftpsctl");
  return parse_ftpsctl(static_cast<int>(arguments.size()), arguments.data());
}

std::string complaint(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  EXPECT_FALSE(parsed);
  return parsed ? std::string() : parsed.error().message;
}

std::string text(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  EXPECT_TRUE(parsed) << parsed.error().describe();
  return parsed ? std::get<ShowText>(*parsed).text : std::string();
}

TEST(Ftpsctl, ProbeTakesSourceOptionsAndFlags) {
  auto parsed =
      parse({"probe", "-o", "tls=implicit,tls_max=1.2", "bob@host:/dir", "--write", "-o", "timeout=5"});
  ASSERT_TRUE(parsed) << parsed.error().describe();
  const auto& probe = std::get<ProbeCommand>(*parsed);
  EXPECT_EQ(probe.source.display(), "ftps://bob@host/dir");
  EXPECT_EQ(probe.options.tls_policy.max_version, tls::Version::tls1_2);
  EXPECT_EQ(probe.option_list, "tls=implicit,tls_max=1.2,timeout=5");
  EXPECT_TRUE(probe.write);
  EXPECT_FALSE(probe.json);
}

TEST(Ftpsctl, ProbeRepeatsNeitherQuirksNorDescriptors) {
  auto parsed =
      parse({"probe", "host", "-o", "quirks=no_epsv,credentials=/a\\,b,password_fd=3,ro", "--json"});
  ASSERT_FALSE(parsed) << "credentials= and password_fd= exclude each other";
  parsed = parse({"probe", "host", "-o", "quirks=no_epsv,credentials=/a\\,b,ro", "--json"});
  ASSERT_TRUE(parsed) << parsed.error().describe();
  const auto& probe = std::get<ProbeCommand>(*parsed);
  EXPECT_EQ(probe.option_list, "credentials=/a\\,b,ro");
  EXPECT_EQ(probe.options.quirks, "no_epsv");
  EXPECT_TRUE(probe.json);
  parsed = parse({"probe", "host", "-o", "password_fd=3"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<ProbeCommand>(*parsed).option_list, "");
}

TEST(Ftpsctl, StatusTakesAMountPoint) {
  auto parsed = parse({"status", "--json", "/mnt"});
  ASSERT_TRUE(parsed) << parsed.error().describe();
  EXPECT_EQ(std::get<StatusCommand>(*parsed).path, "/mnt");
  EXPECT_TRUE(std::get<StatusCommand>(*parsed).json);
  parsed = parse({"status", "a b"});
  ASSERT_TRUE(parsed) << parsed.error().describe();
  EXPECT_EQ(std::get<StatusCommand>(*parsed).path, "a b");
  EXPECT_FALSE(std::get<StatusCommand>(*parsed).json);
}

TEST(Ftpsctl, FlushTakesAMountPointAndATimeout) {
  auto parsed = parse({"flush", "/mnt"});
  ASSERT_TRUE(parsed) << parsed.error().describe();
  EXPECT_EQ(std::get<FlushCommand>(*parsed).path, "/mnt");
  EXPECT_FALSE(std::get<FlushCommand>(*parsed).timeout);
  parsed = parse({"flush", "--timeout", "90", "/mnt"});
  ASSERT_TRUE(parsed) << parsed.error().describe();
  EXPECT_EQ(std::get<FlushCommand>(*parsed).timeout, std::chrono::seconds(90));
}

TEST(Ftpsctl, RefusesWhatMakesNoSense) {
  EXPECT_THAT(complaint({}), HasSubstr("which command"));
  EXPECT_THAT(complaint({"probe"}), HasSubstr("usage: ftpsctl probe SOURCE"));
  EXPECT_THAT(complaint({"probe", "host", "-o", "nonsense"}), HasSubstr("unknown option"));
  EXPECT_THAT(complaint({"probe", "ftp://host"}), HasSubstr("tls=none"));
  EXPECT_THAT(complaint({"prob", "host"}), HasSubstr("prob"));
  EXPECT_THAT(complaint({"status"}), HasSubstr("usage: ftpsctl status [--json] MOUNTPOINT"));
  EXPECT_THAT(complaint({"status", "/a", "/b"}), HasSubstr("/b"));
  EXPECT_THAT(complaint({"flush"}), HasSubstr("usage: ftpsctl flush [--timeout SECONDS] MOUNTPOINT"));
  EXPECT_THAT(complaint({"flush", "--timeout", "0", "/a"}), HasSubstr("at least 1 second"));
  EXPECT_THAT(complaint({"flush", "--timeout", "soon", "/a"}), HasSubstr("soon"));
  EXPECT_THAT(complaint({"flush", "--timeout", "-3", "/a"}), HasSubstr("-3"));
  EXPECT_THAT(complaint({"status", "/a", "flush", "/b"}), HasSubstr("flush"));
}

TEST(Ftpsctl, HasHelpAndVersion) {
  EXPECT_THAT(text({"--help"}), HasSubstr("probe"));
  EXPECT_THAT(text({"--version"}), HasSubstr("ftpsctl "));
  const auto help = text({"probe", "--help"});
  EXPECT_THAT(help, HasSubstr("--write"));
  EXPECT_THAT(help, HasSubstr("tls_pin"));
  EXPECT_THAT(help, HasSubstr("Exit status: 0 it works"));
  EXPECT_THAT(text({"status", "--help"}), HasSubstr("Exit status: 0 fine"));
  EXPECT_THAT(text({"flush", "--help"}), HasSubstr("--timeout SECONDS"));
}

TEST(Ftpsctl, WrongUsageEndsWith64) {
  const char* const arguments[] = {"ftpsctl", "probe"};
  EXPECT_EQ(run_ftpsctl(2, arguments), kExitControlUsage);
}

TEST(Ftpsctl, APathThatIsInNoMountEndsWith2) {
  for (const char* const command : {"status", "flush"}) {
    const char* const arguments[] = {"ftpsctl", command, "/proc"};
    EXPECT_EQ(run_ftpsctl(3, arguments), kExitControlUnreachable) << command;
  }
}

}  // namespace
}  // namespace ftpsfs::app
