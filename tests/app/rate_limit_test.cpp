#include <gtest/gtest.h>

#include "ftpsfs/base/rate_limiter.h"
#include "remote_factory.h"

namespace ftpsfs::app {
namespace {

ftp::DataChannelSettings data_channels_with(std::string_view list) {
  Options options;
  const auto status = parse_options(list, options);
  EXPECT_TRUE(status) << list << ": " << status.error().describe();
  return session_settings(options, Source{}, Credentials{}, nullptr).data;
}

TEST(RateLimitOption, LimitsEachDirectionByItself) {
  const auto data = data_channels_with("rate_limit=2M");
  ASSERT_TRUE(data.download_limit);
  ASSERT_TRUE(data.upload_limit);
  EXPECT_NE(data.download_limit, data.upload_limit);
  EXPECT_EQ(data.download_limit->most_at_once(), (2U << 20) / 10);
  EXPECT_EQ(data.upload_limit->most_at_once(), (2U << 20) / 10);
}

TEST(RateLimitOption, IsNoneByDefault) {
  const auto data = data_channels_with("");
  EXPECT_FALSE(data.download_limit);
  EXPECT_FALSE(data.upload_limit);
}

}  // namespace
}  // namespace ftpsfs::app
