#include "ftpsfs/app/service.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::app {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Outcome {
  int status = -1;
  std::string said;
};

// Runs a body in the background; `said` is what its parent wrote to standard error.
Outcome run(const ServiceBody& body) {
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.status = run_in_background(body, "off");
  outcome.said = ::testing::internal::GetCapturedStderr();
  return outcome;
}

// Through which a background process tells the test what it sees.
class Channel {
 public:
  Channel() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reading_.reset(ends[0]);
    writing_.reset(ends[1]);
  }

  void say(char c) const { EXPECT_EQ(::write(writing_.get(), &c, 1), 1); }

  // All that is said until the last process that could has ended.
  std::string listen() {
    writing_.reset();
    std::string text;
    for (char c = 0; ::read(reading_.get(), &c, 1) == 1;) text += c;
    return text;
  }

 private:
  base::UniqueFd reading_;
  base::UniqueFd writing_;
};

TEST(Background, ParentReturnsWhenTheChildIsReady) {
  Channel channel;
  const Outcome outcome = run([&](const auto& ready) -> base::Status {
    ready();
    channel.say('x');
    return {};
  });
  EXPECT_EQ(outcome.status, kExitOk);
  EXPECT_THAT(outcome.said, IsEmpty());
  EXPECT_EQ(channel.listen(), "x");
}

TEST(Background, ReadyCountsOnce) {
  EXPECT_EQ(run([](const auto& ready) -> base::Status {
              ready();
              ready();
              return {};
            }).status,
            kExitOk);
}

TEST(Background, ReasonsReachTheParent) {
  const Outcome outcome = run([](const auto&) -> base::Status {
    return base::fail(base::Errc::login_refused, "wrong password", "530 No");
  });
  EXPECT_EQ(outcome.status, kExitMountFailed);
  EXPECT_THAT(outcome.said, HasSubstr("wrong password"));
  EXPECT_THAT(outcome.said, HasSubstr("530 No"));
}

TEST(Background, LongReasonsAreCut) {
  const Outcome outcome = run([](const auto&) -> base::Status {
    return base::fail(base::Errc::internal, std::string(100'000, 'x'), "530 No");
  });
  EXPECT_EQ(outcome.status, kExitMountFailed);
  EXPECT_LT(outcome.said.size(), 10'000U);
}

TEST(Background, SilentEndsAreReportedWithTheirStatus) {
  const Outcome outcome = run([](const auto&) -> base::Status { ::_exit(7); });
  EXPECT_EQ(outcome.status, kExitMountFailed);
  EXPECT_THAT(outcome.said, HasSubstr("with status 7"));
}

TEST(Background, CrashesAreReportedWithTheirSignal) {
  const Outcome outcome = run([](const auto&) -> base::Status {
    ::raise(SIGKILL);
    return {};
  });
  EXPECT_EQ(outcome.status, kExitMountFailed);
  EXPECT_THAT(outcome.said, HasSubstr("by signal 9"));
}

TEST(Background, ReadyChildrenHaveLeftTheTerminal) {
  Channel channel;
  const auto is_null = [](int fd) {
    struct stat status{};
    struct stat null{};
    return ::fstat(fd, &status) == 0 && ::stat("/dev/null", &null) == 0 && status.st_rdev == null.st_rdev;
  };
  const Outcome outcome = run([&](const auto& ready) -> base::Status {
    ready();
    std::array<char, 4096> folder{};
    channel.say(::getsid(0) == ::getpid() ? 'y' : 'n');
    channel.say(is_null(0) && is_null(1) && is_null(2) ? 'y' : 'n');
    const bool at_root =
        ::getcwd(folder.data(), folder.size()) != nullptr && folder[0] == '/' && folder[1] == '\0';
    channel.say(at_root ? 'y' : 'n');
    return {};
  });
  EXPECT_EQ(outcome.status, kExitOk);
  EXPECT_EQ(channel.listen(), "yyy");
}

TEST(Foreground, ReportsToStandardError) {
  ::testing::internal::CaptureStderr();
  const int status = run_in_foreground(
      [](const auto&) -> base::Status { return base::fail(base::Errc::unreachable, "no route"); });
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("no route"));
  EXPECT_EQ(status, kExitMountFailed);
  EXPECT_EQ(run_in_foreground([](const auto& ready) -> base::Status {
              ready();
              return {};
            }),
            kExitOk);
}

}  // namespace
}  // namespace ftpsfs::app
