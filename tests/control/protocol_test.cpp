#include "protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ftpsfs::control {
namespace {

using base::Errc;

base::Error after_a_journey(Errc code) {
  const auto line = parse_server_line(answer_line(base::fail(code, "sentence")));
  if (!line || !std::holds_alternative<FinalAnswer>(*line)) return {};
  return std::get<FinalAnswer>(*line).result.error();
}

TEST(Protocol, EveryErrorKeepsItsCode) {
  for (int i = 0; i <= static_cast<int>(Errc::internal); ++i) {
    const auto code = static_cast<Errc>(i);
    EXPECT_EQ(after_a_journey(code).code, code) << base::to_string(code);
  }
}

TEST(Protocol, UnknownErrorsOfLaterVersionsAreInternal) {
  const auto line = parse_server_line(R"({"ok":false,"error":"why","errc":"sunspots"})");
  ASSERT_TRUE(line);
  const auto& result = std::get<FinalAnswer>(*line).result;
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::internal);
  EXPECT_EQ(result.error().message, "why");
}

TEST(Protocol, LinesInAnotherFormAreErrors) {
  for (const auto* line : {"", "x", "[]", "{}", R"({"ok":1})", R"({"ok":true})"}) {
    const auto parsed = parse_server_line(line);
    ASSERT_FALSE(parsed) << line;
    EXPECT_EQ(parsed.error().code, Errc::protocol_error);
  }
}

}  // namespace
}  // namespace ftpsfs::control
