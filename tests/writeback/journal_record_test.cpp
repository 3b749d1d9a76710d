#include "journal_record.h"

#include <gtest/gtest.h>

#include "escaped.h"

namespace ftpsfs::writeback {
namespace {

Record odd_record() {
  Record record;
  record.id = 0xfeed;
  record.order = 0xffff'ffff'ffff;
  record.path = model::RemotePath::parse(
                    "/gr\xc3\xbc\xdf"
                    "e/100% \"\\\t\x01/\xff\xfe")
                    .value();
  record.size = 1ULL << 45;
  record.replaces = model::FileVersion{
      .size = 7, .modified = base::SystemTime(std::chrono::seconds(-5)), .unique_id = "U\xff%"};
  record.stored = base::SystemTime(std::chrono::nanoseconds(1'700'000'000'123'456'789));
  record.modified = base::SystemTime(std::chrono::seconds(1'600'000'000));
  record.mode = 04755;
  record.shown_mode = 0;
  record.failures = 2;
  record.begun = true;
  return record;
}

TEST(JournalRecord, ComesBackAsItWas) {
  const auto record = odd_record();
  const auto again = record_from_json(to_json(record));
  ASSERT_TRUE(again) << again.error().describe();
  EXPECT_EQ(*again, record);

  Record plain;
  plain.path = model::RemotePath::parse("/file").value();
  const auto plain_again = record_from_json(to_json(plain));
  ASSERT_TRUE(plain_again) << plain_again.error().describe();
  EXPECT_EQ(*plain_again, plain);
}

TEST(JournalRecord, OfAnyByteOfANameComesBack) {
  for (int byte = 1; byte < 256; ++byte) {
    const std::string name(2, static_cast<char>(byte));
    auto path = model::RemotePath().child(name);
    if (!path) continue;
    Record record;
    record.path = *path;
    const auto again = record_from_json(to_json(record));
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_EQ(again->path, *path) << byte;
  }
}

TEST(JournalRecord, ThatIsCutOffAnywhereIsRefused) {
  const auto text = to_json(odd_record());
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    const auto record = record_from_json(text.substr(0, size));
    ASSERT_FALSE(record) << size;
    EXPECT_EQ(record.error().code, base::Errc::invalid_argument);
  }
}

TEST(JournalRecord, OfANewerFormatIsNotSupported) {
  auto text = to_json(odd_record());
  const std::string format = "\"format\": 1";
  text.replace(text.find(format), format.size(), "\"format\": 2");
  const auto record = record_from_json(text);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, base::Errc::not_supported);
}

TEST(JournalRecord, WithAPathThatIsNoneIsRefused) {
  EXPECT_FALSE(record_from_json(
      R"({"format":1,"id":1,"order":1,"path":"/a/../b","size":0,"stored":0,"failures":0,"begun":false})"));
  EXPECT_FALSE(record_from_json(
      R"({"format":1,"id":1,"order":1,"path":"/%0","size":0,"stored":0,"failures":0,"begun":false})"));
}

TEST(Escaped, IsOneLineAndComesBack) {
  const std::string bytes = "a\tb\nc%d\x7f\xff gr\xc3\xbc";
  for (const auto keep : {Keep::ascii, Keep::all_printable}) {
    const auto text = escaped(bytes, keep);
    EXPECT_EQ(text.find_first_of("\t\n"), std::string::npos);
    EXPECT_EQ(unescaped(text), bytes);
  }
  EXPECT_NE(escaped(bytes, Keep::all_printable).find("gr\xc3\xbc"), std::string::npos);
}

}  // namespace
}  // namespace ftpsfs::writeback
