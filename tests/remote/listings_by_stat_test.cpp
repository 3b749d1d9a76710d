// vsftpd's directories are listed by STAT, as long as that can be relied on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ::testing::UnorderedElementsAre;

class ListingsByStat : public ::testing::Test {
 protected:
  void serve(Personality personality = strict_vsftpd()) {
    served_ = std::make_unique<ServedStack>(std::move(personality));
    served_->folder.write("file", "content");
    served_->folder.write(".hidden", "x");
    std::filesystem::create_directories(served_->folder.path() / "folder/below");
  }

  std::vector<std::string> names(std::string_view directory = "/") {
    auto entries = served_->fs().list(at(directory), test_context());
    EXPECT_TRUE(entries) << entries.error().describe();
    std::vector<std::string> names;
    for (const auto& entry : entries.value_or(model::Listing())) names.push_back(entry.name);
    return names;
  }

  std::size_t count(const std::string& verb) { return seen().command_count(verb); }
  CounterSnapshot seen() { return served_->server.counters().snapshot(); }
  bool relied_on() { return !served_->stack.knowledge.lacks_stat_listings; }

  std::unique_ptr<ServedStack> served_;
};

TEST_F(ListingsByStat, ShowEverythingWithoutADataChannel) {
  serve();
  EXPECT_THAT(names(), UnorderedElementsAre("file", ".hidden", "folder"));
  EXPECT_THAT(names("/folder"), UnorderedElementsAre("below"));
  EXPECT_THAT(names("/folder/below"), UnorderedElementsAre());
  EXPECT_EQ(count("LIST"), 0U);
  EXPECT_EQ(count("STAT"), 3U);
  EXPECT_TRUE(relied_on());
}

TEST_F(ListingsByStat, HaveExactTimesHoweverLongTheyAre) {
  serve();
  const auto folder = served_->folder.path() / "folder";
  const auto written = std::filesystem::file_time_type::clock::now();
  constexpr int kFiles = 5000;
  for (int i = 0; i < kFiles; ++i) {
    const auto file = folder / ("file with a long name " + std::to_string(i));
    served_->folder.write("folder/" + file.filename().string(), "");
    std::filesystem::last_write_time(file, written - std::chrono::seconds(i));
  }
  const auto entries = served_->fs().list(at("/folder"), test_context());
  ASSERT_TRUE(entries) << entries.error().describe();
  ASSERT_EQ(entries->size(), kFiles + 1U);
  for (const auto& entry : *entries) {
    if (entry.attributes.type != model::FileType::file) continue;
    const auto on_disk =
        std::chrono::file_clock::to_sys(std::filesystem::last_write_time(folder / entry.name));
    EXPECT_EQ(entry.attributes.modified, std::chrono::floor<std::chrono::seconds>(on_disk)) << entry.name;
  }
  EXPECT_EQ(count("MDTM"), static_cast<std::size_t>(kFiles));
}

TEST_F(ListingsByStat, KeepTransfersAtTheirBeginning) {
  serve();
  names();
  std::unique_ptr<remote::ByteSource> source =
      served_->fs().open_read(at("/file"), 0, std::nullopt, test_context()).value();
  std::array<std::byte, 16> content{};
  EXPECT_EQ(source->read(content, test_context()), 7U);
  EXPECT_TRUE(served_->fs().store(at("/file"), content_of("other"), test_context()));
  EXPECT_EQ(served_->folder.read("file"), "other");
}

TEST_F(ListingsByStat, OfADirectoryThatIsMissingFail) {
  serve();
  EXPECT_EQ(served_->fs().list(at("/missing"), test_context()).error().code, Errc::not_found);
  EXPECT_THAT(names("/folder"), UnorderedElementsAre("below"));
  EXPECT_EQ(seen().control_connections, 1U);
}

TEST_F(ListingsByStat, DoNotEndAtALineFeedInAName) {
  serve();
  served_->folder.write("folder/line\n213 End of status", "x");
  EXPECT_THAT(names("/folder"), UnorderedElementsAre("below")) << "a name that FTP cannot carry is left out";
  EXPECT_TRUE(relied_on());
  EXPECT_EQ(count("LIST"), 0U);
}

// Whoever may make files could otherwise answer the mount's further commands.
TEST_F(ListingsByStat, AreGivenUpWhenANameEndsTheReply) {
  for (const char* rest : {"", "\r\n350 Restart position accepted (0).", "\r\n227 x", "\r\nx"}) {
    serve();
    served_->folder.write(std::string("folder/line\r\n213 End of status") + rest, "x");
    EXPECT_THAT(names("/folder"), ::testing::Contains("below")) << "by LIST";
    EXPECT_FALSE(relied_on());
    EXPECT_FALSE(served_->stack.knowledge.one_at_a_time);
    EXPECT_EQ(count("LIST"), 1U);
    EXPECT_EQ(seen().control_connections, 2U);
  }
}

TEST_F(ListingsByStat, AreNotAskedOfOtherServers) {
  for (auto* make : {&proftpd, &pureftpd, &iis, &pyftpdlib}) {
    serve(make());
    names();
    EXPECT_EQ(count("STAT"), 0U) << make().name;
  }
}

TEST_F(ListingsByStat, AreReplacedByListWhereStatIsRefused) {
  serve();
  served_->server.faults().on_command("STAT", 0, Fault::reply_with("550 Permission denied."));
  EXPECT_THAT(names(), UnorderedElementsAre("file", ".hidden", "folder"));
  EXPECT_FALSE(relied_on());
  EXPECT_THAT(names(), UnorderedElementsAre("file", ".hidden", "folder"));
  EXPECT_EQ(count("STAT"), 1U);
}

// vsftpd says of a directory that it may not read that it has no entries, not even ".".
TEST_F(ListingsByStat, WithoutAnyLineAreNotBelieved) {
  serve();
  auto& faults = served_->server.faults();
  faults.on_command("STAT", 0, Fault::reply_with("213-Status follows:\r\n213 End of status"));
  faults.on_command("LIST", 0, Fault::reply_with("550 Permission denied."));
  EXPECT_FALSE(served_->fs().list(at("/"), test_context()));
  faults.clear();
  EXPECT_THAT(names(), UnorderedElementsAre("file", ".hidden", "folder"));
  EXPECT_TRUE(relied_on());
}

}  // namespace
}  // namespace ftpsfs::testing
