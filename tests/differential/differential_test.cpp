// The tester itself: it must find what is wrong, and nothing where nothing is.

#include <gmock/gmock.h>

#include <fcntl.h>

#include "comparison.h"
#include "folder_contest.h"
#include "generator.h"
#include "support/temporary_folder.h"

namespace ftpsfs::differential {
namespace {

using ::testing::HasSubstr;

TEST(Script, EveryOperationComesBackFromItsText) {
  for (const Operation& operation : generate(1, 5000)) {
    EXPECT_EQ(to_text(parse_operation(to_text(operation))), to_text(operation));
  }
}

TEST(Script, WhatIsNoOperationIsRefused) {
  EXPECT_THROW(parse_operation("levitate path=a"), std::runtime_error);
  EXPECT_THROW(parse_operation("close handle=99"), std::runtime_error);
  EXPECT_THROW(parse_operation("open open_flags=O_MAYBE"), std::runtime_error);
}

TEST(Generator, IsGovernedByTheSeedAlone) {
  EXPECT_EQ(generate(7, 500), generate(7, 500));
  EXPECT_NE(generate(7, 500), generate(8, 500));
}

// A local folder on both sides; the one under test has a defect.
class FlawedFolder : public Folder {
 public:
  using Flaw = std::function<Outcome(Folder&, const Operation&)>;

  FlawedFolder(const std::filesystem::path& root, Flaw flaw) : Folder(root), flaw_(std::move(flaw)) {}
  Outcome apply(const Operation& operation) override {
    return flaw_ ? flaw_(*this, operation) : Folder::apply(operation);
  }
  Outcome apply_rightly(const Operation& operation) { return Folder::apply(operation); }

 private:
  Flaw flaw_;
};

class FlawedContest : public Contest {
 public:
  explicit FlawedContest(FlawedFolder::Flaw flaw = nullptr)
      : tested_(tested_folder_.path(), std::move(flaw)), reference_(reference_folder_.path()) {}

  Subject& tested() override { return tested_; }
  Folder& reference() override { return reference_; }
  Abilities abilities() const override { return {}; }

 private:
  testing::TemporaryFolder tested_folder_;
  testing::TemporaryFolder reference_folder_;
  FlawedFolder tested_;
  Folder reference_;
};

Outcome rightly(Folder& folder, const Operation& operation) {
  return static_cast<FlawedFolder&>(folder).apply_rightly(operation);
}

Outcome appends_at_offset(Folder& folder, const Operation& operation) {
  Operation changed = operation;
  if (changed.kind == Kind::open) changed.flags &= ~O_APPEND;
  return rightly(folder, changed);
}

Outcome loses_holes(Folder& folder, const Operation& operation) {
  if (operation.kind == Kind::ftruncate && operation.offset > 5000) return {};
  return rightly(folder, operation);
}

TEST(Comparison, FindsNothingBetweenTwoLocalFolders) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    FlawedContest contest;
    const auto found = compare(contest, generate(seed, 3000));
    EXPECT_FALSE(found) << "seed " << seed << ": " << found->description;
  }
}

TEST(Comparison, FindsFlaws) {
  for (const FlawedFolder::Flaw& flaw : {FlawedFolder::Flaw(appends_at_offset), {loses_holes}}) {
    FlawedContest contest(flaw);
    EXPECT_TRUE(compare(contest, generate(1, 3000)));
  }
}

TEST(Comparison, NamesErrnoAndOffset) {
  EXPECT_THAT(first_difference("abcX", "abcYZ"), HasSubstr("at 3: 58 for 59"));
}

TEST(Shrinking, LeavesWhatShowsTheFlaw) {
  const auto make = [] { return std::make_unique<FlawedContest>(loses_holes); };
  const auto operations = generate(1, 3000);
  const auto shorter = shrink(make, operations, 2000);
  ASSERT_LE(shorter.size(), 6U);
  const auto contest = make();
  EXPECT_TRUE(compare(*contest, shorter));
}

TEST(Shrinking, TriesNoMoreThanAllowed) {
  std::size_t tries = 0;
  const auto make = [&] {
    ++tries;
    return std::make_unique<FlawedContest>(loses_holes);
  };
  static_cast<void>(shrink(make, generate(1, 3000), 10));
  EXPECT_LE(tries, 10U);
}

}  // namespace
}  // namespace ftpsfs::differential
