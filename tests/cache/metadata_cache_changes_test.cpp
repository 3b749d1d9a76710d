// Changes through the cache, and answers that were under way meanwhile.

#include "metadata_cache_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class MetadataCacheChanges : public MetadataCacheTest {
 protected:
  MetadataCacheChanges() {
    cache->list(path("/"), soon()).value();
    cache->list(path("/d"), soon()).value();
    asked_before_ = questions();
  }
  std::size_t new_questions() const { return questions() - asked_before_; }

  std::size_t asked_before_ = 0;
};

TEST_F(MetadataCacheChanges, StoreIsSeenAtOnce) {
  cache->store(path("/d/a"), upload_of("overwritten"), soon()).value();
  cache->store(path("/d/new"), upload_of("new"), soon()).value();
  EXPECT_EQ(size_of("/d/a"), 11u);
  EXPECT_EQ(size_of("/d/new"), 3u);
  EXPECT_THAT(list("/d"), ElementsAre("a", "b", "c", "new"));
  EXPECT_EQ(new_questions(), 0u);
}

TEST_F(MetadataCacheChanges, StoreKeepsTheModeThatTheServerDoesNotTell) {
  remote.tell_mode_only_in_listings();
  cache->set_mode(path("/d/a"), 0600, soon()).value();
  EXPECT_EQ(cache->store(path("/d/a"), upload_of("x"), soon()).value().mode, 0600u);
  EXPECT_EQ(stat("/d/a").value().mode, 0600u);
  EXPECT_EQ(cache->store(path("/d/new"), upload_of("x"), soon()).value().mode, std::nullopt);
}

TEST_F(MetadataCacheChanges, StoreIntoAnUnlistedDirectoryIsRemembered) {
  remote.put_directory("/e");
  cache->store(path("/e/new"), upload_of("new"), soon()).value();
  EXPECT_EQ(size_of("/e/new"), 3u);
  EXPECT_EQ(new_questions(), 0u);
}

TEST_F(MetadataCacheChanges, RemoveIsSeenAtOnce) {
  cache->remove_file(path("/d/b"), soon()).value();
  EXPECT_TRUE(fails_with(stat("/d/b"), Errc::not_found));
  EXPECT_THAT(list("/d"), ElementsAre("a", "c"));
  EXPECT_EQ(new_questions(), 0u);
}

TEST_F(MetadataCacheChanges, ANewDirectoryIsKnownToBeEmpty) {
  cache->make_directory(path("/d/sub"), soon()).value();
  EXPECT_EQ(stat("/d/sub").value().type, model::FileType::directory);
  EXPECT_THAT(list("/d"), ElementsAre("a", "b", "c", "sub"));
  EXPECT_THAT(list("/d/sub"), ElementsAre());
  EXPECT_TRUE(fails_with(stat("/d/sub/x"), Errc::not_found));
  EXPECT_EQ(new_questions(), 0u);
}

TEST_F(MetadataCacheChanges, ARemovedDirectoryIsGoneWithWhatWasKnownBelow) {
  cache->make_directory(path("/d/sub"), soon()).value();
  cache->remove_directory(path("/d/sub"), soon()).value();
  EXPECT_TRUE(fails_with(stat("/d/sub"), Errc::not_found));
  EXPECT_EQ(new_questions(), 0u);
  EXPECT_TRUE(fails_with(cache->list(path("/d/sub"), soon()), Errc::not_found));
  EXPECT_EQ(new_questions(), 1u);
}

TEST_F(MetadataCacheChanges, RenameMovesTheEntry) {
  cache->rename(path("/d/a"), path("/d/z"), soon()).value();
  cache->rename(path("/d/b"), path("/d/c"), soon()).value();
  EXPECT_THAT(list("/d"), UnorderedElementsAre("c", "z"));
  EXPECT_EQ(size_of("/d/z"), 2u);
  EXPECT_EQ(size_of("/d/c"), 3u);
  EXPECT_TRUE(fails_with(stat("/d/a"), Errc::not_found));
  EXPECT_EQ(new_questions(), 0u);
}

TEST_F(MetadataCacheChanges, RenameOfWhatIsNotKnownMakesTheTargetUnknown) {
  remote.put_file("/e/x", "12345");
  cache->rename(path("/e/x"), path("/d/a"), soon()).value();
  EXPECT_TRUE(fails_with(stat("/e/x"), Errc::not_found));
  EXPECT_EQ(new_questions(), 0u);
  EXPECT_EQ(size_of("/d/a"), 5u);
  EXPECT_EQ(new_questions(), 1u);
}

TEST_F(MetadataCacheChanges, RenameOfADirectoryDropsTheSnapshotsBelow) {
  cache->rename(path("/d"), path("/e"), soon()).value();
  EXPECT_THAT(list("/"), ElementsAre("e"));
  EXPECT_EQ(new_questions(), 0u);
  EXPECT_TRUE(fails_with(cache->list(path("/d"), soon()), Errc::not_found));
  EXPECT_EQ(size_of("/e/a"), 2u);
  EXPECT_TRUE(fails_with(cache->list(path("/d"), soon()), Errc::not_found));
}

TEST_F(MetadataCacheChanges, RenameOntoItselfChangesNothing) {
  cache->rename(path("/d/a"), path("/d/a"), soon()).value();
  EXPECT_EQ(size_of("/d/a"), 2u);
  EXPECT_EQ(new_questions(), 0u);
}

TEST_F(MetadataCacheChanges, SettingAttributesEditsTheEntry) {
  const base::SystemTime time =
      std::chrono::sys_days{std::chrono::year{2001} / 2 / 3} + std::chrono::milliseconds(1500);
  cache->set_modified(path("/d/a"), time, soon()).value();
  cache->set_mode(path("/d/a"), 0751, soon()).value();
  EXPECT_EQ(stat("/d/a").value(), remote.attributes("/d/a"));
  EXPECT_EQ(stat("/d/a").value().mode, 0751u);
  EXPECT_EQ(new_questions(), 0u);
}

TEST_F(MetadataCacheChanges, AFailedSettingLeavesTheEntry) {
  remote.refuse_setting_attributes();
  const auto before = stat("/d/a").value();
  EXPECT_TRUE(fails_with(cache->set_mode(path("/d/a"), 0700, soon()), Errc::not_supported));
  EXPECT_TRUE(fails_with(cache->set_modified(path("/d/a"), {}, soon()), Errc::not_supported));
  EXPECT_EQ(stat("/d/a").value(), before);
  EXPECT_EQ(new_questions(), 0u);
}

TEST_F(MetadataCacheChanges, ADeniedChangeLeavesTheSnapshots) {
  remote.fail_next(Operation::remove_file, Errc::permission_denied);
  EXPECT_TRUE(fails_with(cache->remove_file(path("/d/a"), soon()), Errc::permission_denied));
  EXPECT_EQ(size_of("/d/a"), 2u);
  EXPECT_EQ(new_questions(), 0u);
}

TEST_F(MetadataCacheChanges, AnErrorThatContradictsTheSnapshotDropsTheName) {
  remote.put_directory("/d/theirs");
  EXPECT_TRUE(fails_with(cache->make_directory(path("/d/theirs"), soon()), Errc::exists));
  EXPECT_EQ(stat("/d/theirs").value().type, model::FileType::directory);
  remote.erase("/d/a");
  EXPECT_TRUE(fails_with(cache->remove_file(path("/d/a"), soon()), Errc::not_found));
  EXPECT_TRUE(fails_with(stat("/d/a"), Errc::not_found));
}

TEST_F(MetadataCacheChanges, AnOpenOutcomeDropsTheNames) {
  for (const auto code : {Errc::timed_out, Errc::cancelled, Errc::connection_lost, Errc::no_space}) {
    remote.put_file("/d/a", "aa");
    remote.put_file("/d/b", "bbb");
    list_all("/d");
    list_all("/");
    remote.lose_next_answer(Operation::store, code);
    EXPECT_TRUE(fails_with(cache->store(path("/d/a"), upload_of("overwritten"), soon()), code));
    EXPECT_EQ(size_of("/d/a"), 11u);

    remote.lose_next_answer(Operation::remove_file, code);
    EXPECT_TRUE(fails_with(cache->remove_file(path("/d/a"), soon()), code));
    EXPECT_TRUE(fails_with(stat("/d/a"), Errc::not_found));

    remote.lose_next_answer(Operation::rename, code);
    EXPECT_TRUE(fails_with(cache->rename(path("/d/b"), path("/moved"), soon()), code));
    EXPECT_TRUE(fails_with(stat("/d/b"), Errc::not_found));
    EXPECT_EQ(size_of("/moved"), 3u);

    remote.lose_next_answer(Operation::make_directory, code);
    EXPECT_TRUE(fails_with(cache->make_directory(path("/d/sub"), soon()), code));
    EXPECT_EQ(stat("/d/sub").value().type, model::FileType::directory);

    remote.lose_next_answer(Operation::remove_directory, code);
    EXPECT_TRUE(fails_with(cache->remove_directory(path("/d/sub"), soon()), code));
    EXPECT_TRUE(fails_with(stat("/d/sub"), Errc::not_found));

    remote.lose_next_answer(Operation::set_mode, code);
    EXPECT_TRUE(fails_with(cache->set_mode(path("/d/c"), 0700, soon()), code));
    EXPECT_EQ(stat("/d/c").value().mode, 0700u);
    remote.erase("/moved");
    cache->forget(path("/"));
  }
}

// ---- answers that a change overtakes

TEST_F(MetadataCacheChanges, AListingUnderWayDuringAChangeIsReturnedButNotKept) {
  cache->forget(path("/d"));
  remote.during_next(Operation::list, [&] { cache->remove_file(path("/d/a"), soon()).value(); });
  EXPECT_THAT(list("/d"), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(fails_with(stat("/d/a"), Errc::not_found));
  EXPECT_THAT(list("/d"), ElementsAre("b", "c"));
}

TEST_F(MetadataCacheChanges, AStatUnderWayDuringAChangeIsReturnedButNotKept) {
  cache->forget(path("/d"));
  remote.during_next(Operation::stat, [&] { cache->store(path("/d/a"), upload_of("new"), soon()).value(); });
  EXPECT_EQ(size_of("/d/a"), 2u);
  EXPECT_EQ(size_of("/d/a"), 3u);
}

TEST_F(MetadataCacheChanges, ARevalidationUnderWayDuringAChangeIsReturnedButNotKept) {
  remote.during_next(Operation::stat, [&] { cache->store(path("/d/a"), upload_of("new"), soon()).value(); });
  EXPECT_EQ(cache->revalidate(path("/d/a"), soon()).value().size, 2u);
  EXPECT_EQ(size_of("/d/a"), 3u);
}

TEST_F(MetadataCacheChanges, AnAnswerUnderWayDuringARenameOfItsDirectoryIsNotKept) {
  cache->forget(path("/d"));
  remote.during_next(Operation::list, [&] { cache->rename(path("/d"), path("/e"), soon()).value(); });
  list_all("/d");
  EXPECT_TRUE(fails_with(cache->list(path("/d"), soon()), Errc::not_found));
}

TEST_F(MetadataCacheChanges, AnAnswerUnderWayDuringForgetIsNotKept) {
  cache->forget(path("/d"));
  remote.during_next(Operation::list, [&] {
    remote.put_file("/d/x", "x");
    cache->forget(path("/d"));
  });
  list_all("/d");
  EXPECT_THAT(list("/d"), ElementsAre("a", "b", "c", "x"));
}

TEST_F(MetadataCacheChanges, OfTwoChangesOfOneNameAtOnceNoneIsBelieved) {
  remote.during_next(Operation::store, [&] { cache->remove_file(path("/d/a"), soon()).value(); });
  cache->store(path("/d/a"), upload_of("new"), soon()).value();
  EXPECT_TRUE(fails_with(stat("/d/a"), Errc::not_found));
}

TEST_F(MetadataCacheChanges, AQuestionAfterAChangeDoesNotJoinOneFromBefore) {
  cache->forget(path("/d"));
  remote.during_next(Operation::list, [&] {
    cache->store(path("/d/new"), upload_of("new"), soon()).value();
    EXPECT_THAT(list("/d"), UnorderedElementsAre("a", "b", "c", "new"));
  });
  EXPECT_THAT(list("/d"), ElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace ftpsfs::testing
