#include "ftpsfs/app/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "ftpsfs/app/service.h"

namespace ftpsfs::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

auto parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ftpsfs");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

MountCommand command(std::vector<const char*> arguments) {
  auto parsed = parse(std::move(arguments));
  EXPECT_TRUE(parsed) << parsed.error().describe();
  return parsed ? std::get<MountCommand>(std::move(*parsed)) : MountCommand{};
}

TEST(CommandLine, TakesSourceAndMountPoint) {
  const MountCommand mount = command({"bob@host:/dir", "/mnt/x"});
  EXPECT_EQ(mount.config.source.display(), "ftpes://bob@host/dir");
  EXPECT_EQ(mount.config.mount_point, "/mnt/x");
  EXPECT_FALSE(mount.foreground);
}

TEST(CommandLine, MakesTheMountPointAbsolute) {
  EXPECT_EQ(command({"host", "x/../mnt"}).config.mount_point, std::filesystem::current_path() / "mnt");
}

TEST(CommandLine, TakesOptionsAnywhereAndRepeatedly) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"host", "/mnt", "-o", "timeout=5,ro", "-o", "max_sessions=2"},
           {"-o", "timeout=5,ro", "-o", "max_sessions=2", "host", "/mnt"},
           {"-otimeout=5,ro", "host", "-omax_sessions=2", "/mnt"},
       }) {
    const MountCommand mount = command(arguments);
    EXPECT_EQ(mount.config.options.operation_timeout, std::chrono::seconds(5));
    EXPECT_EQ(mount.config.options.max_sessions, 2U);
    EXPECT_THAT(mount.config.options.kernel_options, ElementsAre("ro"));
  }
}

TEST(CommandLine, TakesAnIpv6Literal) {
  EXPECT_EQ(command({"[::1]:2121", "/mnt"}).config.source.host, "::1");
}

TEST(CommandLine, ForegroundAndDebug) {
  EXPECT_TRUE(command({"host", "/mnt", "-f"}).foreground);
  const MountCommand mount = command({"host", "/mnt", "-d", "-o", "log_level=warn"});
  EXPECT_TRUE(mount.foreground);
  EXPECT_EQ(mount.config.options.log_level, "trace");
}

TEST(CommandLine, ShowsHelpWithTheOptionTable) {
  const auto parsed = parse({"--help"});
  ASSERT_TRUE(parsed);
  const std::string& text = std::get<ShowText>(*parsed).text;
  for (const char* const part :
       {"SOURCE", "MOUNTPOINT", "credentials=FILE", "tls_pin=sha256:HEX", "allow_other"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(CommandLine, ShowsTheVersion) {
  for (const char* const flag : {"-V", "--version"}) {
    const auto parsed = parse({flag});
    ASSERT_TRUE(parsed);
    EXPECT_THAT(std::get<ShowText>(*parsed).text, HasSubstr("ftpsfs "));
  }
}

TEST(CommandLine, RefusesWrongUsage) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{{},
                                                                     {"host"},
                                                                     {"host", "/mnt", "more"},
                                                                     {"host", "/mnt", "--unknown"},
                                                                     {"host", "/mnt", "-o"},
                                                                     {"host", "/mnt", "-o", "nonsense"},
                                                                     {"ftp://host", "/mnt"},
                                                                     {"bob:geheim@host", "/mnt"}}) {
    const auto parsed = parse(arguments);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, base::Errc::invalid_argument);
  }
}

TEST(CommandLine, TlsNoneAllowsClearText) {
  EXPECT_EQ(command({"ftp://host", "/mnt", "-o", "tls=none"}).config.source.tls, TlsMode::none);
}

TEST(Program, AnswersUsageErrorsWithStatus1) {
  ::testing::internal::CaptureStderr();
  const char* const arguments[] = {"ftpsfs", "host"};
  EXPECT_EQ(run_program(2, arguments), kExitUsage);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("ftpsfs --help"));
}

}  // namespace
}  // namespace ftpsfs::app
