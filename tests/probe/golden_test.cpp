// The whole report of each personality of our own server, with what differs from run to run replaced.

#include <gtest/gtest.h>

#include "probe/probe_fixture.h"

namespace ftpsfs::testing {
namespace {

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, ReportOfEachPersonality) {
  ProbedServer probed(*personality_by_name(GetParam()));
  probed.settings.write = true;
  probed.settings.early_handshake_wait = std::chrono::seconds(2);
  expect_golden(GetParam(), probed.probe());
}

INSTANTIATE_TEST_SUITE_P(Personalities, Golden, ::testing::ValuesIn(personality_names()),
                         [](const auto& personality) { return personality.param; });

}  // namespace
}  // namespace ftpsfs::testing
