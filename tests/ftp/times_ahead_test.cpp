#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exact_entries.h"

namespace ftpsfs::ftp {
namespace {

using model::Attributes;
using model::DirEntry;
using model::FileType;
using model::Listing;
using model::RemotePath;
using model::TimePrecision;

DirEntry vague(std::string name, FileType type = FileType::file) {
  Attributes attributes;
  attributes.type = type;
  attributes.modified = base::SystemTime(std::chrono::seconds(60));
  attributes.precision = TimePrecision::minute;
  return {std::move(name), std::move(attributes)};
}

std::vector<DirEntry> many(std::size_t count) {
  std::vector<DirEntry> entries;
  for (std::size_t i = 0; i < count; ++i) entries.push_back(vague("a file with a name " + std::to_string(i)));
  return entries;
}

// All that can be asked of these entries, and an answer to each command: its number, as seconds.
class Dialogue {
 public:
  explicit Dialogue(RemotePath directory) : times_(std::move(directory)) {}

  std::size_t ask(const std::vector<DirEntry>& so_far) {
    std::size_t asked = 0;
    for (auto record = times_.next(so_far); !record.empty(); record = times_.next(so_far)) {
      asked += record.size();
      for (const Command& command : record) {
        const std::size_t second = 10 + answers_.size() % 50;
        answers_.push_back({213, {"200001010000" + std::to_string(second)}});
        const auto wire = command.wire();
        bytes_ += wire.size();
        const auto name = wire.substr(wire.rfind('/') + 1);
        seconds_.emplace(name.substr(0, name.size() - 2), second);
      }
    }
    EXPECT_EQ(times_.asked(), answers_.size());
    return asked;
  }

  Listing settle(std::vector<DirEntry> entries) {
    Listing listing(std::move(entries));
    times_.take(server_, listing, answers_);
    return listing;
  }

  // The second of the answer to the question about this file; nothing when it was not asked.
  std::optional<std::size_t> answered(const std::string& name) const {
    const auto found = seconds_.find(name);
    return found == seconds_.end() ? std::nullopt : std::optional(found->second);
  }

  std::size_t bytes() const { return bytes_; }

 private:
  TimesAhead times_;
  ServerKnowledge server_;
  std::vector<Reply> answers_;
  std::map<std::string, std::size_t> seconds_;
  std::size_t bytes_ = 0;
};

RemotePath folder() { return RemotePath::parse("/folder").value(); }

void expect_times_of(const Dialogue& dialogue, const Listing& listing) {
  for (const auto& [name, attributes] : listing) {
    const auto second = dialogue.answered(name);
    EXPECT_EQ(attributes.precision == TimePrecision::second, second.has_value()) << name;
    if (!second) continue;
    const auto time = std::chrono::floor<std::chrono::seconds>(attributes.modified.value());
    EXPECT_EQ(static_cast<std::size_t>(time.time_since_epoch().count() % 60), *second) << name;
  }
}

TEST(TimesAhead, AsksOnlyWhatFillsAPacket) {
  Dialogue dialogue(folder());
  EXPECT_EQ(dialogue.ask(many(10)), 0u);
  EXPECT_GT(dialogue.ask(many(100)), 30u);
  EXPECT_EQ(dialogue.ask(many(100)), 0u);
  expect_times_of(dialogue, dialogue.settle(many(100)));
}

TEST(TimesAhead, AsksNoMoreThanAServerTakesThatDoesNotRead) {
  Dialogue dialogue(folder());
  EXPECT_GT(dialogue.ask(many(10'000)), 1000u);
  EXPECT_LE(dialogue.bytes(), 64u << 10);
  expect_times_of(dialogue, dialogue.settle(many(10'000)));
}

TEST(TimesAhead, AsksAboutFilesWithVagueTimes) {
  auto entries = many(100);
  entries[3] = vague("a folder", FileType::directory);
  entries[5].attributes.precision = TimePrecision::second;
  Dialogue dialogue(folder());
  EXPECT_GT(dialogue.ask(entries), 30u);
  EXPECT_EQ(dialogue.answered("a folder"), std::nullopt);
  EXPECT_EQ(dialogue.answered(entries[5].name), std::nullopt);
}

TEST(TimesAhead, LeavesOutWhatNoPathCanName) {
  std::string deep;
  while (deep.size() < 3900) deep += "/" + std::string(99, 'd');
  auto entries = many(100);
  for (std::size_t i = 0; i < entries.size(); i += 7)
    entries[i].name = std::string(200, static_cast<char>('a' + i % 26));
  Dialogue dialogue(RemotePath::parse(deep).value());
  EXPECT_GT(dialogue.ask(entries), 0u);
  EXPECT_EQ(dialogue.answered(entries[0].name), std::nullopt);
  EXPECT_NE(dialogue.answered(entries[1].name), std::nullopt);
}

TEST(TimesAhead, AreTakenByTheirNamesWhereTheListingHadSomeTwice) {
  auto entries = many(100);
  entries.insert(entries.begin() + 2, entries[1]);
  Dialogue dialogue(folder());
  EXPECT_GT(dialogue.ask(entries), 30u);
  const auto listing = dialogue.settle(many(100));
  const auto time = listing[5].attributes.modified.value();
  EXPECT_EQ(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count() % 60,
            static_cast<std::int64_t>(dialogue.answered(listing[5].name).value()));
}

}  // namespace
}  // namespace ftpsfs::ftp
