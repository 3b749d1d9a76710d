#include "ftpsfs/ftp/time_zone.h"

#include <gtest/gtest.h>

#include <string>

#include "ftp/random_bytes.h"

namespace ftpsfs::ftp {
namespace {

using namespace std::chrono_literals;
using base::SystemTime;
using std::chrono::sys_days;

std::string big_endian(std::int64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
  return text;
}

SystemTime at(std::chrono::year_month_day day, std::chrono::minutes time = 0min) {
  return sys_days(day) + time;
}

std::int64_t seconds_of(SystemTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// One year of Central European Time in the form of RFC 8536: summer from 31 March to 27 October 2024, 01:00 UTC.
std::string central_europe(char version = '2') {
  const auto block = [](int time_size) {
    std::string text;
    text += big_endian(seconds_of(at(2024y / 3 / 31, 1h)), time_size);
    text += big_endian(seconds_of(at(2024y / 10 / 27, 1h)), time_size);
    text += std::string("\x01\x00", 2);
    text += big_endian(3600, 4) + std::string("\x00\x00", 2);
    text += big_endian(7200, 4) + std::string("\x01\x04", 2);
    return text + std::string("CET\0CEST", 9);
  };
  const auto header = [version] {
    std::string text = "TZif";
    text += version;
    text += std::string(15, '\0');
    for (const int count : {0, 0, 0, 2, 2, 9}) text += big_endian(count, 4);
    return text;
  };
  std::string text = header() + block(4);
  if (version >= '2') text += header() + block(8);
  return text;
}

TEST(TimeZone, Offsets) {
  struct Case {
    const char* text;
    std::chrono::minutes ahead;
  };
  for (const auto& [text, ahead] :
       {Case{"UTC", 0min}, Case{"gmt", 0min}, Case{"+02:00", 120min}, Case{"-0330", -210min}, Case{"+5", 5h},
        Case{"+05:45", 345min}, Case{"-12:00", -12h}, Case{"+14:00", 14h}}) {
    const auto zone = TimeZone::parse(text);
    ASSERT_TRUE(zone.has_value()) << text;
    EXPECT_EQ(zone->to_utc(at(2024y / 5 / 3, 17h)), at(2024y / 5 / 3, 17h) - ahead) << text;
  }
}

TEST(TimeZone, RefusesWhatIsNone) {
  for (const char* text : {"", "+", "+15:00", "+2:60", "+02:0x", "02:00", "Europe/Nowhere",
                           "../../etc/passwd", "/etc/localtime", "Europe/Berlin\n", "a b"}) {
    const auto zone = TimeZone::parse(text);
    ASSERT_FALSE(zone.has_value()) << text;
    EXPECT_EQ(zone.error().code, base::Errc::invalid_argument);
  }
}

class TzifVersions : public ::testing::TestWithParam<char> {};

TEST_P(TzifVersions, DaylightSavingIsThatOfTheDate) {
  const auto zone = TimeZone::from_tzif(central_europe(GetParam()));
  ASSERT_TRUE(zone.has_value());
  EXPECT_EQ(zone->to_utc(at(2024y / 1 / 15, 12h)), at(2024y / 1 / 15, 11h));
  EXPECT_EQ(zone->to_utc(at(2024y / 7 / 15, 12h)), at(2024y / 7 / 15, 10h));
  EXPECT_EQ(zone->to_utc(at(2024y / 3 / 31, 1h + 59min)), at(2024y / 3 / 31, 59min));
  EXPECT_EQ(zone->to_utc(at(2024y / 3 / 31, 3h)), at(2024y / 3 / 31, 1h));
  EXPECT_EQ(zone->to_utc(at(2024y / 10 / 27, 1h + 59min)), at(2024y / 10 / 26, 23h + 59min));
  EXPECT_EQ(zone->to_utc(at(2024y / 10 / 27, 4h)), at(2024y / 10 / 27, 3h));
  EXPECT_EQ(zone->to_utc(at(2030y / 7 / 1)), at(2030y / 6 / 30, 23h));  // behind the last transition
}

INSTANTIATE_TEST_SUITE_P(Tzif, TzifVersions, ::testing::Values('\0', '2', '3'));

TEST(TimeZone, DamagedFilesAreRefused) {
  const auto whole = central_europe();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(TimeZone::from_tzif(std::string_view(whole).substr(0, length)).has_value()) << length;
  }
}

TEST(TimeZone, RandomBytesNeverCrash) {
  test::RandomBytes random(3);
  const auto whole = central_europe();
  for (int round = 0; round < 5000; ++round) {
    auto bytes = whole;
    for (int change = 0; change < 3; ++change)
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    const auto zone = TimeZone::from_tzif(bytes);
    if (zone) zone->to_utc(at(2024y / 7 / 15));
  }
}

TEST(TimeZone, NamesOfThisMachinesDatabase) {
  const auto zone = TimeZone::parse("Europe/Berlin");
  if (!zone) GTEST_SKIP() << "no tz database here: " << zone.error().describe();
  EXPECT_EQ(zone->to_utc(at(2024y / 1 / 15, 12h)), at(2024y / 1 / 15, 11h));
  EXPECT_EQ(zone->to_utc(at(2024y / 7 / 15, 12h)), at(2024y / 7 / 15, 10h));
}

TEST(TimeZone, OffsetsThatNoZoneHasAreNotLearnt) {
  const auto exact = at(2024y / 5 / 3, 17h) + 42s;
  EXPECT_EQ(zone_offset_between(at(2024y / 5 / 3, 19h), exact), 120min);
  EXPECT_EQ(zone_offset_between(at(2024y / 5 / 3, 17h), exact), 0min);
  EXPECT_EQ(zone_offset_between(at(2024y / 5 / 3, 13h + 30min), exact), -210min);
  EXPECT_EQ(zone_offset_between(at(2024y / 5 / 3, 17h + 1min), exact), std::nullopt);
  EXPECT_EQ(zone_offset_between(at(2024y / 5 / 4, 7h + 15min), exact), std::nullopt);
  EXPECT_EQ(zone_offset_between(at(2023y / 5 / 3, 17h), exact), std::nullopt);
}

}  // namespace
}  // namespace ftpsfs::ftp
