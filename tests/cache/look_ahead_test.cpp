#include "ftpsfs/cache/look_ahead.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "cache_test_support.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using cache::LookAhead;
using cache::LookAheadOptions;
using std::chrono::milliseconds;
using std::chrono::seconds;

class LookAheadTest : public ::testing::Test {
 protected:
  LookAheadTest() {
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
      remote.put_file(std::string("/d/") + name, std::string("content of ") + name);
      remote.put_file(std::string("/tree/") + name + "/file", name);
    }
    restart({});
  }

  void restart(const LookAheadOptions& options) {
    ahead = std::make_unique<LookAhead>(remote, options, clock);
    EXPECT_TRUE(ahead->list(path("/d"), soon()));
  }

  model::FileVersion version(std::string_view text) const {
    return model::FileVersion::of(remote.attributes(text).value());
  }

  std::unique_ptr<remote::ByteSource> open(std::string_view text) {
    auto source = ahead->open_read(path(text), 0, version(text), soon());
    EXPECT_TRUE(source) << text;
    return source ? std::move(*source) : nullptr;
  }

  std::string read(std::string_view text) { return rest_of(*open(text)); }

  static std::string rest_of(remote::ByteSource& source) {
    std::string all;
    std::array<std::byte, 7> piece{};
    for (;;) {
      const auto count = source.read(piece, soon());
      EXPECT_TRUE(count);
      if (!count || *count == 0) return all;
      for (std::size_t i = 0; i < *count; ++i) all.push_back(static_cast<char>(piece[i]));
    }
  }

  std::vector<std::string> list(std::string_view text) {
    return names_of(ahead->list(path(text), soon()).value());
  }

  // So many files of /d, all of one size, are there.
  void wait_until_fetched(std::size_t files) {
    wait_until(
        [&] { return ahead->statistics().bytes_fetched >= files * std::size("content of a") - files; });
  }

  // Two in a row, so that the next two are fetched.
  void begin_walk() {
    open("/d/a");
    open("/d/b");
  }

  std::size_t opened() const { return remote.calls(Operation::open_read); }

  MemoryRemoteFs remote;
  FakeClock clock;
  std::unique_ptr<LookAhead> ahead;
};

TEST_F(LookAheadTest, FetchesWhatAWalkComesTo) {
  begin_walk();
  wait_until_fetched(2);
  EXPECT_EQ(opened(), 4u);
  ahead->list(path("/"), soon()).value();  // nothing of a walk
  EXPECT_EQ(read("/d/c"), "content of c");
  EXPECT_EQ(read("/d/d"), "content of d");
  EXPECT_EQ(ahead->statistics().bytes_used, 2 * std::string("content of c").size());
}

TEST_F(LookAheadTest, ReadsFromAnyOffset) {
  begin_walk();
  wait_until_fetched(2);
  const auto source = ahead->open_read(path("/d/c"), 8, version("/d/c"), soon()).value();
  EXPECT_EQ(source->offset(), 8u);
  EXPECT_EQ(rest_of(*source), "of c");
  EXPECT_EQ(source->offset(), 12u);
  const auto behind = ahead->open_read(path("/d/d"), 99, version("/d/d"), soon()).value();
  EXPECT_EQ(rest_of(*behind), "");
}

TEST_F(LookAheadTest, FetchesNothingForProgramsThatDoNotWalk) {
  open("/d/c");
  open("/d/a");
  open("/d/f");
  EXPECT_EQ(opened(), 3u);
  EXPECT_EQ(remote.calls(Operation::warm_up), 0u);
}

TEST_F(LookAheadTest, AnswersForAMomentWithoutAsking) {
  begin_walk();
  wait_until_fetched(2);
  EXPECT_EQ(model::FileVersion::of(ahead->refresh_file(path("/d/c"), soon()).value()), version("/d/c"));
  EXPECT_EQ(remote.calls(Operation::stat), 0u);
  clock.advance(seconds(2));
  EXPECT_EQ(ahead->refresh_file(path("/d/c"), soon()).value(), remote.attributes("/d/c"));
  EXPECT_EQ(remote.calls(Operation::stat), 1u);
  EXPECT_EQ(read("/d/c"), "content of c");
  EXPECT_GT(ahead->statistics().bytes_used, 0u) << "the same version was not used";
}

// The listing that the walk goes along may be old; only the file's version was asked for anew.
TEST_F(LookAheadTest, TellsOnlyWhatTheServerSaidWithTheContent) {
  ASSERT_TRUE(ahead->set_mode(path("/d/c"), 0711, soon()));
  begin_walk();
  wait_until_fetched(2);
  EXPECT_EQ(ahead->refresh_file(path("/d/c"), soon()).value().mode, std::nullopt);
  EXPECT_EQ(remote.calls(Operation::stat), 0u);
}

TEST_F(LookAheadTest, WhatNobodyHasReadIsCounted) {
  const LookAheadOptions options;
  restart(options);
  begin_walk();
  wait_until_fetched(2);
  std::array<std::byte, 3> head{};
  ASSERT_EQ(open("/d/c")->read(head, soon()), head.size());
  const auto size = std::string("content of c").size();
  EXPECT_EQ(options.counters->totals().unused, size - head.size());
  ahead.reset();
  EXPECT_GE(options.counters->totals().unused, 2 * size - head.size());
}

class OpenedToRead : public LookAheadTest {
 protected:
  OpenedToRead() { remote.open_with_content(); }

  void open_to_read(std::string_view text) {
    const auto told = ahead->refresh_to_read(path(text), soon());
    ASSERT_TRUE(told) << told.error().describe();
    EXPECT_EQ(*told, remote.attributes(text));
  }
  void wait_for_no_source() {
    wait_until([&] { return remote.sources_alive() == 0; });
  }
};

TEST_F(OpenedToRead, AreReadFromWhatCameAlong) {
  open_to_read("/d/f");
  EXPECT_EQ(opened(), 1u);
  EXPECT_EQ(read("/d/f"), "content of f");
  EXPECT_EQ(opened(), 1u);
  EXPECT_EQ(read("/d/f"), "content of f") << "and the second reader asks";
  EXPECT_EQ(opened(), 2u);
}

TEST_F(OpenedToRead, AreNotKeptForLong) {
  open_to_read("/d/f");
  clock.advance(seconds(2));
  EXPECT_EQ(read("/d/f"), "content of f");
  EXPECT_EQ(opened(), 2u);
}

TEST_F(OpenedToRead, AreGivenUpIfNobodyReads) {
  restart({.trust = milliseconds(1)});
  open_to_read("/d/f");
  clock.advance(seconds(2));
  wait_for_no_source();
}

TEST_F(OpenedToRead, AreFewAtATime) {
  for (const char* name : {"/d/f", "/d/b", "/d/d", "/d/a"}) open_to_read(name);
  EXPECT_EQ(remote.sources_alive(), LookAheadOptions{}.most_opened);
}

TEST_F(OpenedToRead, AreReadFromTheirBeginningOnly) {
  open_to_read("/d/f");
  EXPECT_EQ(rest_of(*ahead->open_read(path("/d/f"), 8, version("/d/f"), soon()).value()), "of f");
  EXPECT_EQ(opened(), 2u);
}

TEST_F(OpenedToRead, AreOfTheVersionThatIsWanted) {
  open_to_read("/d/f");
  remote.put_file("/d/f", "what came then");
  EXPECT_EQ(read("/d/f"), "what came then");
}

TEST_F(OpenedToRead, AreDroppedByOurOwnChanges) {
  open_to_read("/d/f");
  ASSERT_TRUE(ahead->store(path("/d/f"), upload_of("0123456789ab"), soon()));
  EXPECT_EQ(remote.sources_alive(), 0u);
  EXPECT_EQ(read("/d/f"), "0123456789ab");
}

TEST_F(OpenedToRead, AreNotKeptWhenAChangeOvertookThem) {
  remote.block(Operation::open_read);
  std::jthread opening([&] { (void)ahead->refresh_to_read(path("/d/f"), soon()); });
  remote.wait_until_blocked(Operation::open_read, 1);
  ASSERT_TRUE(ahead->store(path("/d/f"), upload_of("0123456789ab"), soon()));
  remote.release(Operation::open_read);
  opening.join();
  EXPECT_EQ(remote.sources_alive(), 0u);
  EXPECT_EQ(read("/d/f"), "0123456789ab");
}

TEST_F(OpenedToRead, BringNoContentIfToldSo) {
  restart({.contents = false});
  open_to_read("/d/f");
  EXPECT_EQ(opened(), 0u);
}

class UnreadContents : public LookAheadTest {
 protected:
  UnreadContents() {
    restart({.unread_window = 2 * std::size("content of a") - 2, .unread_pause = seconds(10)});
    begin_walk();
    wait_until_fetched(2);
  }
};

TEST_F(UnreadContents, AreNotFetchedForLong) {
  for (const char* name : {"/d/c", "/d/d", "/d/e"}) open(name);
  EXPECT_EQ(opened(), 5u);
  clock.advance(seconds(10));
  open("/d/e");
  wait_until_fetched(3);
}

TEST_F(UnreadContents, DoNotStopAWalkThatReads) {
  read("/d/c");
  read("/d/d");
  wait_until_fetched(4);
}

TEST_F(LookAheadTest, ShowsNoOldContentAfterThatMoment) {
  begin_walk();
  wait_until_fetched(2);
  clock.advance(seconds(2));
  remote.put_file("/d/c", "what came then");
  EXPECT_EQ(ahead->refresh_file(path("/d/c"), soon()).value().size, 14u);
  EXPECT_EQ(read("/d/c"), "what came then");
}

TEST_F(LookAheadTest, DropsWhatOurOwnChangesTouch) {
  begin_walk();
  wait_until_fetched(2);
  ASSERT_TRUE(ahead->store(path("/d/c"), upload_of("ours"), soon()));
  EXPECT_EQ(ahead->refresh_file(path("/d/c"), soon()).value().size, 4u);
  EXPECT_EQ(read("/d/c"), "ours");
  ASSERT_TRUE(ahead->rename(path("/d/a"), path("/d/d"), soon()));
  EXPECT_EQ(read("/d/d"), "content of a");
}

TEST_F(LookAheadTest, DropsWhatIsFetchedWhileAChangeIsUnderWay) {
  remote.block(Operation::read);
  begin_walk();
  remote.wait_until_blocked(Operation::read, 2);  // of c and d
  ASSERT_TRUE(ahead->remove_file(path("/d/c"), soon()));
  remote.put_file("/d/c", "content of C");  // the same size and time
  remote.release(Operation::read);
  EXPECT_EQ(read("/d/c"), "content of C");
}

TEST_F(LookAheadTest, AProgramWaitsForWhatIsOnItsWay) {
  remote.block(Operation::read);
  begin_walk();
  remote.wait_until_blocked(Operation::read, 2);
  std::jthread program([&] {
    EXPECT_EQ(ahead->refresh_file(path("/d/c"), soon()).value().size, 12u);
    EXPECT_EQ(read("/d/c"), "content of c");
  });
  remote.release(Operation::read);
  program.join();
  EXPECT_EQ(ahead->statistics().bytes_used, 12u);
  EXPECT_EQ(remote.calls(Operation::stat), 0u);
}

TEST_F(LookAheadTest, WaitingEndsAtTheProgramsOwnStop) {
  remote.block(Operation::read);
  begin_walk();
  remote.wait_until_blocked(Operation::read, 2);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_TRUE(fails_with(ahead->refresh_file(path("/d/c"), soon(stop.get_token())), Errc::cancelled));
  remote.release(Operation::read);
}

TEST_F(LookAheadTest, AProgramOvertakesWhatStandsInLine) {
  restart({.most_at_once = 1});
  remote.block(Operation::read);
  begin_walk();
  remote.wait_until_blocked(Operation::read, 1);  // of c; d stands in line
  EXPECT_EQ(ahead->refresh_file(path("/d/d"), soon()).value().size, 12u);
  EXPECT_EQ(remote.calls(Operation::stat), 1u);
  remote.release(Operation::read);
}

TEST_F(LookAheadTest, AnErrorIsNobodys) {
  remote.put_file("/d/c", "");  // not what the listing said
  remote.fail_next(Operation::read, Errc::connection_lost);
  begin_walk();
  wait_until([&] { return opened() == 4 && remote.sources_alive() == 0; });
  EXPECT_EQ(read("/d/c"), "");
  EXPECT_EQ(read("/d/d"), "content of d");
}

TEST_F(LookAheadTest, AsksForNothingWhereNoSessionIsLeft) {
  remote.fail_next(Operation::warm_up, Errc::busy, 1'000'000);
  begin_walk();
  wait_until([&] { return remote.calls(Operation::warm_up) > 0; });
  EXPECT_EQ(read("/d/c"), "content of c");
  EXPECT_EQ(ahead->statistics().bytes_fetched, 0u);
}

TEST_F(LookAheadTest, LeavesLargeFilesAlone) {
  restart({.largest_file = 11});
  begin_walk();
  read("/d/c");
  EXPECT_EQ(remote.calls(Operation::warm_up), 0u);
}

TEST_F(LookAheadTest, KeepsToItsBudget) {
  restart({.budget = 12});  // one file
  begin_walk();
  wait_until_fetched(1);
  EXPECT_EQ(read("/d/d"), "content of d");
  EXPECT_EQ(ahead->statistics().bytes_used, 0u);
}

TEST_F(LookAheadTest, WhatWasNotAskedForMakesRoom) {
  restart({.budget = 12});
  begin_walk();
  wait_until_fetched(1);
  clock.advance(seconds(11));
  open("/d/a");
  open("/d/b");  // c again: what was fetched of it has gone
  wait_until_fetched(2);
}

TEST_F(LookAheadTest, ListsTheNextDirectories) {
  ASSERT_TRUE(ahead->list(path("/tree"), soon()));
  list("/tree/a");
  list("/tree/b");
  wait_until([&] { return ahead->statistics().listings_fetched == 2; });
  const auto asked = remote.calls(Operation::list);
  remote.block(Operation::list);  // from here on nothing answers but what is there
  EXPECT_EQ(list("/tree/c"), std::vector<std::string>{"file"});
  EXPECT_EQ(list("/tree/d"), std::vector<std::string>{"file"});
  EXPECT_EQ(ahead->statistics().listings_used, 2u);
  EXPECT_LE(remote.calls(Operation::list), asked + 2);  // of e and f, nobody else's
  remote.release(Operation::list);
}

TEST_F(LookAheadTest, AnOldListingIsDropped) {
  ASSERT_TRUE(ahead->list(path("/tree"), soon()));
  list("/tree/a");
  list("/tree/b");
  wait_until([&] { return ahead->statistics().listings_fetched == 2; });
  remote.put_file("/tree/c/new", "");
  clock.advance(seconds(2));
  EXPECT_EQ(list("/tree/c"), (std::vector<std::string>{"file", "new"}));
}

TEST_F(LookAheadTest, AListingIsDroppedWhenOneOfItsNamesChanges) {
  ASSERT_TRUE(ahead->list(path("/tree"), soon()));
  list("/tree/a");
  list("/tree/b");
  wait_until([&] { return ahead->statistics().listings_fetched == 2; });
  ASSERT_TRUE(ahead->make_directory(path("/tree/c/new"), soon()));
  EXPECT_EQ(list("/tree/c"), (std::vector<std::string>{"file", "new"}));
}

TEST_F(LookAheadTest, FetchesOnlyListingsIfToldSo) {
  restart({.contents = false});
  begin_walk();
  read("/d/c");
  EXPECT_EQ(remote.calls(Operation::warm_up), 0u);
  ASSERT_TRUE(ahead->list(path("/tree"), soon()));
  list("/tree/a");
  list("/tree/b");
  wait_until([&] { return ahead->statistics().listings_fetched == 2; });
}

TEST_F(LookAheadTest, UploadsInARowGetAFurtherSession) {
  const auto store = [&](std::string_view name) {
    EXPECT_TRUE(ahead->store(path(name), upload_of("new"), soon()));
  };
  store("/d/new1");
  clock.advance(seconds(2));
  store("/d/new2");
  EXPECT_EQ(remote.calls(Operation::warm_up), 0u);
  store("/d/new3");
  wait_until([&] { return remote.calls(Operation::warm_up) == 1; });
}

TEST_F(LookAheadTest, EndsWithErrandsOnTheirWay) {
  remote.block(Operation::read);
  begin_walk();
  remote.wait_until_blocked(Operation::read, 2);
  ahead.reset();
  EXPECT_EQ(remote.sources_alive(), 0u);
  remote.release(Operation::read);
}

TEST_F(LookAheadTest, ManyWalkersGetWhatIsThere) {
  std::vector<std::jthread> walkers;
  for (int i = 0; i < 4; ++i) {
    walkers.emplace_back([&] {
      for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
        const auto text = std::string("/d/") + name;
        EXPECT_TRUE(ahead->refresh_file(path(text), soon()));
        EXPECT_EQ(read(text), std::string("content of ") + name);
      }
    });
  }
}

}  // namespace
}  // namespace ftpsfs::testing
