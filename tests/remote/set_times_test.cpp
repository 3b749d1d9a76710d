// The ways to set a time, on servers that know only one of them.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

struct Way {
  const char* name;
  const char* verb;
  Personality (*server)();
};

// "permissive", without every way but those wanted.
Personality knowing_only(bool mff, bool mdtm, bool utime_short, bool utime_long) {
  Personality p = permissive();
  p.missing_verbs.insert("MFMT");
  if (!mff) p.missing_verbs.insert("MFF");
  if (mff) p.features.emplace_back("MFF Create;Modify;");
  p.mdtm_sets = mdtm;
  p.site_utime_short = utime_short;
  p.site_utime_long = utime_long;
  if (!utime_short && !utime_long) p.missing_verbs.insert("SITE UTIME");
  return p;
}

class SetTimes : public ::testing::TestWithParam<Way> {
 protected:
  SetTimes() : served_(GetParam().server()) { served_.folder.write("a file", "x"); }

  base::Status set(std::int64_t seconds) {
    return served_.fs().set_modified(at("/a file"), base::SystemTime(std::chrono::seconds(seconds)),
                                     test_context());
  }
  std::int64_t on_disk() const {
    struct stat status{};
    EXPECT_EQ(::stat((served_.folder.path() / "a file").c_str(), &status), 0);
    return status.st_mtim.tv_sec;
  }

  ServedStack served_;
};

INSTANTIATE_TEST_SUITE_P(
    Ways, SetTimes,
    ::testing::Values(Way{"Mfmt", "MFMT", permissive},
                      Way{"Mff", "MFF", [] { return knowing_only(true, false, false, false); }},
                      Way{"Mdtm", "MDTM", [] { return knowing_only(false, true, false, false); }},
                      Way{"UtimeShort", "SITE UTIME", [] { return knowing_only(false, false, true, false); }},
                      Way{"UtimeLong", "SITE UTIME", [] { return knowing_only(false, false, false, true); }}),
    [](const auto& way) { return std::string(way.param.name); });

TEST_P(SetTimes, ByTheFirstCommandThatTheServerTakes) {
  const auto done = set(1'600'000'000);
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(on_disk(), 1'600'000'000);
}

TEST_P(SetTimes, AskNoMoreForWhatDidNotWork) {
  ASSERT_TRUE(set(1'600'000'000));
  const auto before = served_.server.snapshot();
  ASSERT_TRUE(set(1'500'000'000));
  EXPECT_EQ(on_disk(), 1'500'000'000);
  const auto after = served_.server.snapshot();
  for (const char* verb : {"MFMT", "MFF", "MDTM", "SITE UTIME"}) {
    const std::uint64_t expected = std::string_view(verb) == GetParam().verb ? 1 : 0;
    EXPECT_EQ(after.command_count(verb) - before.command_count(verb), expected) << verb;
  }
}

TEST_P(SetTimes, OfWhatIsMissingFail) {
  const auto done = served_.fs().set_modified(at("/missing"), base::SystemTime(), test_context());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, base::Errc::not_found) << done.error().describe();
}

TEST(SetTimesNowhere, IsNotSupported) {
  ServedStack served(knowing_only(false, false, false, false));
  served.folder.write("file", "x");
  const auto done = served.fs().set_modified(at("/file"), base::SystemTime(), test_context());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, base::Errc::not_supported) << done.error().describe();
}

}  // namespace
}  // namespace ftpsfs::testing
