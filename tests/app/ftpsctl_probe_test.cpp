// The whole of ftpsctl probe, from its command line to its output, on one of our own servers.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "app/redirected.h"
#include "ftpsfs/app/ftpsctl.h"
#include "support/ftp_stack.h"

namespace ftpsfs::app {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class FtpsctlProbe : public ::testing::Test {
 protected:
  int probe(const std::string& path, const std::string& more_options) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    EXPECT_EQ(::write(ends[1], "secret\n", 7), 7);
    ::close(ends[1]);
    const auto source = fmt::format("ftpes://ftpt@127.0.0.1:{}{}", served_.server.port(), path);
    const auto options = fmt::format("password_fd={},tls_pin=sha256:{}{}", ends[0],
                                     served_.server.fingerprint(), more_options);
    const char* const arguments[] = {"ftpsctl", "probe", source.c_str(), "-o", options.c_str()};
    return run_ftpsctl(5, arguments);
  }

  static testing::Personality latin1() {
    auto personality = testing::permissive();
    personality.utf8_needs_opts = true;
    return personality;
  }

  testing::ServedStack served_{latin1()};
};

TEST_F(FtpsctlProbe, LooksAtTheFolderInTheServersCharset) {
  served_.folder.write("gr\xc3\xbc\xc3\x9f/file", "x");
  const auto output = (served_.folder.path() / "output").string();
  {
    const Redirected redirected(output.c_str());
    EXPECT_EQ(probe("/gr\xc3\xbc\xc3\x9f", ",charset=ISO-8859-1"), 0);
  }
  EXPECT_THAT(served_.server.snapshot().lines(), Not(Contains(StartsWith("OPTS UTF8"))));
  const auto report = testing::read_all(served_.fs(), testing::at("/output"));
  EXPECT_THAT(report.value_or("failed"), HasSubstr("1 entry"));
}

TEST_F(FtpsctlProbe, SaysWhenItsReportCannotBeWritten) {
  const Redirected redirected("/dev/full");
  EXPECT_EQ(probe("", ""), kExitControlOutput);
}

}  // namespace
}  // namespace ftpsfs::app
