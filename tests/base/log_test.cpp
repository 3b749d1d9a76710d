#include "ftpsfs/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ftpsfs::base {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Log : public testing::Test {
 protected:
  ~Log() override { (void)configure_logging(LogTarget::standard_error, "warn"); }

  template <class Body>
  std::string captured(Body body) {
    testing::internal::CaptureStderr();
    body();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, WarnsByDefault) {
  const auto out = captured([] {
    log("layer").info("quiet");
    log("layer").warn("loud");
  });
  EXPECT_THAT(out, AllOf(HasSubstr("layer: loud"), Not(HasSubstr("quiet"))));
}

TEST_F(Log, LevelReachesLoggersHandedOutBefore) {
  auto& before = log("before");
  ASSERT_TRUE(configure_logging(LogTarget::standard_error, "trace"));
  EXPECT_THAT(captured([&] { before.trace("deep"); }), HasSubstr("before: deep"));
  EXPECT_THAT(captured([&] { log("after").trace("deep"); }), HasSubstr("after: deep"));
  ASSERT_TRUE(configure_logging(LogTarget::standard_error, "off"));
  EXPECT_THAT(captured([&] { before.error("unheard"); }), IsEmpty());
}

TEST_F(Log, EveryDocumentedLevelIsKnown) {
  for (const char* level : {"trace", "debug", "info", "warn", "error", "off"}) {
    EXPECT_TRUE(configure_logging(LogTarget::standard_error, level)) << level;
  }
}

TEST_F(Log, RefusesUnknownLevels) {
  for (const char* level : {"", "loud", "OFF", "7", "bad\nlevel"}) {
    const auto result = configure_logging(LogTarget::standard_error, level);
    ASSERT_FALSE(result.has_value()) << level;
    EXPECT_EQ(result.error().code, Errc::invalid_argument);
    EXPECT_THAT(result.error().message, Not(HasSubstr("\n")));
  }
}

TEST_F(Log, OneLoggerPerLayer) {
  EXPECT_EQ(&log("same"), &log("same"));
  EXPECT_NE(&log("same"), &log("other"));
}

}  // namespace
}  // namespace ftpsfs::base
