// What the cache answers and what it asks.

#include "metadata_cache_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

TEST_F(MetadataCacheTest, OneListingAnswersForEveryNamePresentOrAbsent) {
  list_all("/d");
  EXPECT_EQ(size_of("/d/a"), 2u);
  EXPECT_EQ(size_of("/d/c"), 4u);
  EXPECT_TRUE(fails_with(stat("/d/x"), Errc::not_found));
  EXPECT_THAT(list("/d"), ElementsAre("a", "b", "c"));
  EXPECT_EQ(questions(), 1u);
}

TEST_F(MetadataCacheTest, AnswersFromASnapshotWhileTheServerStalls) {
  list_all("/d");
  remote.block(Operation::stat);
  remote.block(Operation::list);
  EXPECT_EQ(size_of("/d/a"), 2u);
  EXPECT_TRUE(fails_with(stat("/d/x"), Errc::not_found));
  EXPECT_THAT(list("/d"), ElementsAre("a", "b", "c"));
}

TEST_F(MetadataCacheTest, SpaceIsAskedForOnceInAFewSeconds) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(cache->space(soon()));
  EXPECT_EQ(remote.calls(Operation::space), 1U);
  clock.advance(std::chrono::seconds(5));
  remote.fail_next(Operation::space, Errc::timed_out);
  EXPECT_EQ(cache->space(soon()).value()->total, 1U << 30) << "the last answer goes on";
  EXPECT_EQ(remote.calls(Operation::space), 2U);
}

TEST_F(MetadataCacheTest, FirstStatInAnUnlistedDirectoryAsksForThatPathAndRemembersIt) {
  EXPECT_EQ(size_of("/d/a"), 2u);
  EXPECT_EQ(size_of("/d/a"), 2u);
  EXPECT_EQ(stats(), 1u);
  EXPECT_EQ(lists(), 0u);
}

TEST_F(MetadataCacheTest, FirstStatRemembersAbsenceToo) {
  EXPECT_TRUE(fails_with(stat("/d/x"), Errc::not_found));
  EXPECT_TRUE(fails_with(stat("/d/x"), Errc::not_found));
  EXPECT_EQ(questions(), 1u);
}

TEST_F(MetadataCacheTest, SecondMissWithinALifetimeListsTheDirectory) {
  size_of("/d/a");
  clock.advance(seconds(9));
  EXPECT_EQ(size_of("/d/b"), 3u);
  EXPECT_EQ(stats(), 1u);
  EXPECT_EQ(lists(), 1u);
  EXPECT_EQ(size_of("/d/c"), 4u);
  EXPECT_TRUE(fails_with(stat("/d/x"), Errc::not_found));
  EXPECT_EQ(questions(), 2u);
}

TEST_F(MetadataCacheTest, SecondMissOfAnAbsentNameIsAnsweredByTheListing) {
  size_of("/d/a");
  EXPECT_TRUE(fails_with(stat("/d/x"), Errc::not_found));
  EXPECT_EQ(stats(), 1u);
  EXPECT_EQ(lists(), 1u);
}

TEST_F(MetadataCacheTest, AListingThatWasCutShortNeverSaysThatANameIsAbsent) {
  remote.cut_listings_after(2);
  list_all("/d");
  EXPECT_EQ(size_of("/d/a"), 2u);
  EXPECT_EQ(questions(), 1u) << "what it shows, it answers for";
  EXPECT_EQ(size_of("/d/c"), 4u);
  EXPECT_TRUE(fails_with(stat("/d/x"), Errc::not_found));
  EXPECT_EQ(stats(), 2u);
  EXPECT_EQ(lists(), 1u);
  const auto again = cache->list(path("/d"), soon());
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->complete);
  EXPECT_EQ(lists(), 1u);
}

TEST_F(MetadataCacheTest, ASecondMissThatListsOnlyAPartStillAsksForThePath) {
  remote.cut_listings_after(1);
  size_of("/d/a");
  EXPECT_EQ(size_of("/d/c"), 4u);
  EXPECT_EQ(lists(), 1u);
  EXPECT_EQ(stats(), 2u);
}

TEST_F(MetadataCacheTest, SecondMissAfterALifetimeAsksForThePathAgain) {
  size_of("/d/a");
  clock.advance(seconds(10));
  size_of("/d/b");
  EXPECT_EQ(stats(), 2u);
  EXPECT_EQ(lists(), 0u);
}

TEST_F(MetadataCacheTest, FallsBackToThePathWhereTheDirectoryCannotBeListed) {
  remote.fail_next(Operation::list, Errc::permission_denied);
  size_of("/d/a");
  EXPECT_EQ(size_of("/d/b"), 3u);
  EXPECT_EQ(size_of("/d/c"), 4u);
  EXPECT_EQ(lists(), 1u) << "a refused listing is not tried again for every name";
  EXPECT_EQ(stats(), 3u);
}

TEST_F(MetadataCacheTest, ADirectoryThatHasGoneAnswersForItsNames) {
  size_of("/d/a");
  remote.erase("/d");
  EXPECT_TRUE(fails_with(stat("/d/b"), Errc::not_found));
  EXPECT_EQ(stats(), 1u);
  EXPECT_EQ(lists(), 1u);
}

TEST_F(MetadataCacheTest, TheRootIsNeverAnsweredFromAParent) {
  list_all("/");
  EXPECT_EQ(stat("/").value().type, model::FileType::directory);
  EXPECT_EQ(stat("/").value().type, model::FileType::directory);
  EXPECT_EQ(stats(), 1u) << "but it is remembered";
  clock.advance(seconds(10));
  for (int i = 0; i < 3; ++i) stat("/").value();
  EXPECT_EQ(stats(), 2u);
  EXPECT_EQ(lists(), 1u);
}

TEST_F(MetadataCacheTest, SnapshotsEndWithTheirLifetime) {
  list_all("/d");
  remote.put_file("/d/a", "changed");
  clock.advance(milliseconds(9'999));
  EXPECT_EQ(size_of("/d/a"), 2u);
  clock.advance(milliseconds(1));
  EXPECT_EQ(size_of("/d/a"), 7u);
  EXPECT_THAT(list("/d"), ElementsAre("a", "b", "c"));
  EXPECT_EQ(lists(), 2u);
}

TEST_F(MetadataCacheTest, AbsenceHasALifetimeOfItsOwn) {
  restart({.lifetime = seconds(10), .negative_lifetime = seconds(2)});
  list_all("/d");
  remote.put_file("/d/x", "x");
  clock.advance(seconds(1));
  EXPECT_TRUE(fails_with(stat("/d/x"), Errc::not_found));
  clock.advance(seconds(1));
  EXPECT_EQ(size_of("/d/x"), 1u);
  EXPECT_EQ(size_of("/d/a"), 2u);
  EXPECT_THAT(list("/d"), ElementsAre("a", "b", "c", "x"));
  EXPECT_EQ(stats(), 1u);
  EXPECT_EQ(lists(), 1u);
}

TEST_F(MetadataCacheTest, AbsenceMayOutliveTheListing) {
  restart({.lifetime = seconds(2), .negative_lifetime = seconds(10)});
  list_all("/d");
  clock.advance(seconds(5));
  EXPECT_TRUE(fails_with(stat("/d/x"), Errc::not_found));
  EXPECT_EQ(questions(), 1u);
  size_of("/d/a");
  EXPECT_EQ(questions(), 2u);
}

TEST_F(MetadataCacheTest, NothingIsKeptWithoutALifetime) {
  restart({.lifetime = seconds(0), .negative_lifetime = seconds(0)});
  for (int i = 0; i < 3; ++i) size_of("/d/a");
  for (int i = 0; i < 3; ++i) list_all("/d");
  EXPECT_EQ(stats(), 3u);
  EXPECT_EQ(lists(), 3u);
}

TEST_F(MetadataCacheTest, TheLeastRecentlyUsedSnapshotGoesFirst) {
  remote.put_file("/e/a", "a");
  remote.put_file("/f/a", "a");
  restart({.max_entries = 8});
  list_all("/d");  // weighs 4
  list_all("/e");  // 2
  list_all("/d");
  list_all("/f");  // 2
  EXPECT_EQ(lists(), 3u);
  remote.put_directory("/g");
  list_all("/g");  // 1, so that /e must go
  EXPECT_EQ(lists(), 4u);
  list_all("/d");
  list_all("/f");
  list_all("/g");
  EXPECT_EQ(lists(), 4u);
  list_all("/e");
  EXPECT_EQ(lists(), 5u);
}

TEST_F(MetadataCacheTest, ADirectoryTooLargeToKeepIsNotListedForEveryName) {
  for (const auto* name : {"/d/e", "/d/f", "/d/g"}) remote.put_file(name, "");
  restart({.max_entries = 5});
  for (int round = 0; round < 4; ++round) {
    size_of("/d/a");
    size_of("/d/b");
    size_of("/d/c");
  }
  EXPECT_EQ(lists(), 1u);
  EXPECT_EQ(stats(), 3u);
}

TEST_F(MetadataCacheTest, ErrorsAreNotKept) {
  remote.fail_next(Operation::stat, Errc::connection_lost);
  EXPECT_TRUE(fails_with(stat("/d/a"), Errc::connection_lost));
  EXPECT_EQ(size_of("/d/a"), 2u);
  remote.fail_next(Operation::list, Errc::connection_lost);
  EXPECT_TRUE(fails_with(cache->list(path("/e"), soon()), Errc::connection_lost));
  list_all("/d");
}

TEST_F(MetadataCacheTest, ListingWhatIsNoDirectoryFails) {
  EXPECT_TRUE(fails_with(cache->list(path("/nowhere"), soon()), Errc::not_found));
  EXPECT_TRUE(fails_with(cache->list(path("/d/a"), soon()), Errc::not_a_directory));
}

TEST_F(MetadataCacheTest, ReadLinkIsAnsweredFromTheSnapshotThatKnowsTheTarget) {
  remote.put_symlink("/d/link", "a");
  EXPECT_EQ(cache->read_link(path("/d/link"), soon()).value(), "a");
  EXPECT_EQ(remote.calls(Operation::read_link), 1u);
  list_all("/d");
  EXPECT_EQ(cache->read_link(path("/d/link"), soon()).value(), "a");
  EXPECT_EQ(remote.calls(Operation::read_link), 1u);
}

TEST_F(MetadataCacheTest, SpaceAndContentsComeFromTheServer) {
  EXPECT_TRUE(cache->space(soon()).value().has_value());
  auto source = cache->open_read(path("/d/c"), 1, std::nullopt, soon()).value();
  std::array<std::byte, 10> buffer{};
  EXPECT_EQ(source->read(buffer, soon()).value(), 3u);
}

TEST_F(MetadataCacheTest, AnOpenThatContradictsTheSnapshotDropsIt) {
  list_all("/d");
  const auto version = model::FileVersion::of(stat("/d/a").value());
  remote.put_file("/d/a", "longer now");
  EXPECT_TRUE(fails_with(cache->open_read(path("/d/a"), 0, version, soon()), Errc::stale));
  EXPECT_EQ(size_of("/d/a"), 10u);
  remote.erase("/d/b");
  EXPECT_TRUE(fails_with(cache->open_read(path("/d/b"), 0, std::nullopt, soon()), Errc::not_found));
  EXPECT_TRUE(fails_with(stat("/d/b"), Errc::not_found));
}

TEST_F(MetadataCacheTest, RevalidateAsksTheServerAndRenewsTheSnapshot) {
  list_all("/d");
  remote.put_file("/d/a", "changed");
  EXPECT_EQ(cache->revalidate(path("/d/a"), soon()).value().size, 7u);
  EXPECT_EQ(size_of("/d/a"), 7u);
  EXPECT_EQ(cache->list(path("/d"), soon()).value().at(0).attributes.size, 7u);
  EXPECT_EQ(questions(), 2u);
}

TEST_F(MetadataCacheTest, RevalidateFillsGapsFromTheSnapshot) {
  remote.tell_mode_only_in_listings();
  list_all("/d");
  remote.put_file("/d/a", "changed");
  EXPECT_EQ(cache->revalidate(path("/d/a"), soon()).value().mode, 0644u);
  EXPECT_EQ(stat("/d/a").value().mode, 0644u);
  clock.advance(seconds(10));
  EXPECT_EQ(cache->revalidate(path("/d/a"), soon()).value().mode, std::nullopt) << "too old to fill a gap";
}

TEST_F(MetadataCacheTest, RevalidateRemembersThatAFileHasGone) {
  list_all("/d");
  remote.erase("/d/a");
  EXPECT_TRUE(fails_with(cache->revalidate(path("/d/a"), soon()), Errc::not_found));
  EXPECT_TRUE(fails_with(stat("/d/a"), Errc::not_found));
  EXPECT_THAT(list("/d"), ElementsAre("b", "c"));
  EXPECT_EQ(questions(), 3u) << "the listing, the file, and whether there is something else in its place";
}

TEST_F(MetadataCacheTest, RevalidateOfTheRoot) {
  list_all("/");
  EXPECT_EQ(cache->revalidate(path("/"), soon()).value().type, model::FileType::directory);
  stat("/").value();
  EXPECT_EQ(questions(), 2u);
}

TEST_F(MetadataCacheTest, ForgetDropsTheNameAndAllBelow) {
  remote.put_file("/d/sub/x", "x");
  remote.put_file("/d+/y", "y");
  for (const auto* directory : {"/", "/d", "/d/sub", "/d+"}) list_all(directory);
  EXPECT_EQ(lists(), 4u);
  cache->forget(path("/d"));
  list_all("/d+");
  EXPECT_TRUE(fails_with(stat("/x"), Errc::not_found));
  EXPECT_EQ(questions(), 4u) << "its neighbours are still known";
  for (const auto* directory : {"/", "/d", "/d/sub"}) list_all(directory);
  EXPECT_EQ(lists(), 7u);
  cache->forget(path("/"));
  for (const auto* directory : {"/", "/d", "/d/sub", "/d+"}) list_all(directory);
  EXPECT_EQ(lists(), 11u);
}

}  // namespace
}  // namespace ftpsfs::testing
