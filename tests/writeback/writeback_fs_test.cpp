#include "ftpsfs/writeback/writeback_fs.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <iterator>
#include <thread>

#include "writeback_fixture.h"

namespace ftpsfs::writeback {
namespace {

using base::Errc;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

const base::SystemTime kTime = std::chrono::sys_days{std::chrono::year{2020} / 2 / 29} + seconds(3);

// ---- acknowledging

class Deferred : public WritebackTest {};

TEST_F(Deferred, StoreNeedsNoServerWhenItIsKnownWhatIsThere) {
  open();
  remote_.fail_next(Operation::stat, Errc::unreachable, 100);
  remote_.fail_next(Operation::store, Errc::unreachable, 100);
  const auto stored = store("/new", "content", {.creates = true});
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(stored->attributes.size, 7u);
  EXPECT_EQ(stores(), 0u);
  EXPECT_EQ(read("/new"), "content");
}

TEST_F(Deferred, FilesAreSeenAsIfTheServerHadThem) {
  remote_.put_file("/folder/old", "old");
  remote_.put_file("/folder/other", "other");
  open();
  ASSERT_TRUE(store("/folder/old", "replaced"));
  ASSERT_TRUE(store("/folder/new", "new", {.modified = kTime, .mode = 0600}));
  EXPECT_THAT(names("/folder"), UnorderedElementsAre("old", "other", "new"));
  EXPECT_EQ(fs().stat(path_of("/folder/old"), soon())->size, 8u);
  EXPECT_EQ(fs().refresh_file(path_of("/folder/old"), soon())->size, 8u);
  const auto shown = fs().stat(path_of("/folder/new"), soon());
  EXPECT_EQ(shown->modified, kTime);
  EXPECT_EQ(shown->mode, 0600u);
  EXPECT_EQ(read("/folder/old"), "replaced");
  EXPECT_EQ(code_of(fs().make_directory(path_of("/folder/new"), soon())), Errc::exists);
  EXPECT_EQ(code_of(fs().make_symlink(path_of("/folder/new"), "x", soon())), Errc::exists);
  EXPECT_EQ(code_of(fs().remove_directory(path_of("/folder"), soon())), Errc::not_empty);
  EXPECT_EQ(code_of(fs().list(path_of("/folder/new"), soon())), Errc::not_a_directory);
  EXPECT_EQ(code_of(fs().read_link(path_of("/folder/new"), soon())), Errc::invalid_argument);
  EXPECT_EQ(remote_.content("/folder/old"), "old");
  EXPECT_EQ(remote_.content("/folder/new"), std::nullopt);
}

TEST_F(Deferred, ContentAndAttributesArriveTogether) {
  open();
  ASSERT_TRUE(store("/file", "content", {.modified = kTime, .mode = 0640}));
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), "content");
  EXPECT_EQ(remote_.attributes("/file")->modified, kTime);
  EXPECT_EQ(remote_.attributes("/file")->mode, 0640u);
  EXPECT_EQ(remote_.calls(Operation::set_modified), 0u);
  EXPECT_THAT(fs().report().waiting, IsEmpty());
  EXPECT_FALSE(WritebackFs::has_waiting(journal()));
}

TEST_F(Deferred, AFileHasTheTimeOfItsStoreAndNotOfItsUpload) {
  remote_.set_time(kTime);
  open();
  const auto stored = store("/file", "content");
  ASSERT_TRUE(stored);
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.attributes("/file")->modified, stored->attributes.modified);
}

TEST_F(Deferred, TimesAreTheServersWhereTheyShallNotBeSet) {
  remote_.set_time(kTime);
  options_.keeps_times = false;
  open();
  ASSERT_TRUE(store("/file", "content"));
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.attributes("/file")->modified, kTime);
}

TEST_F(Deferred, AttributesThatDoNotTravelWithTheContentFollowIt) {
  remote_.store_contents_only();
  open();
  ASSERT_TRUE(store("/file", "content", {.modified = kTime, .mode = 0640}));
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.attributes("/file")->modified, kTime);
  EXPECT_EQ(remote_.attributes("/file")->mode, 0640u);
}

TEST_F(Deferred, AttributesThatAreSetMeanwhileTravelWithIt) {
  open();
  ASSERT_TRUE(store("/file", "content"));
  ASSERT_TRUE(fs().set_modified(path_of("/file"), kTime, soon()));
  ASSERT_TRUE(fs().set_mode(path_of("/file"), 0604, soon()));
  EXPECT_EQ(fs().stat(path_of("/file"), soon())->modified, kTime);
  EXPECT_EQ(fs().stat(path_of("/file"), soon())->mode, 0604u);
  reopen();
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.attributes("/file")->modified, kTime);
  EXPECT_EQ(remote_.attributes("/file")->mode, 0604u);
}

TEST_F(Deferred, PermissionsOutliveANewerVersion) {
  open();
  ASSERT_TRUE(store("/file", "first", {.mode = 0640}));
  const auto second = store("/file", "second");
  EXPECT_EQ(second->attributes.mode, 0640u);
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.attributes("/file")->mode, 0640u);
}

TEST_F(Deferred, FilesThatWaitTakeNoDescriptors) {
  open();
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  const auto before = descriptors();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store("/" + std::to_string(i), "x"));
  EXPECT_EQ(descriptors(), before);
}

TEST_F(Deferred, UploadsBeginAfterTheDelay) {
  open();
  ASSERT_TRUE(store("/file", "content"));
  clock_.advance(std::chrono::milliseconds(4999));
  EXPECT_EQ(stores(), 0u);
  remote_.block(Operation::store);
  clock_.advance(std::chrono::milliseconds(1));
  remote_.wait_until_blocked(Operation::store, 1);
  EXPECT_TRUE(fs().report().waiting.at(0).uploading);
  remote_.release(Operation::store);
}

TEST_F(Deferred, OnlyTheNewestVersionIsUploaded) {
  open();
  for (const std::string text : {"one", "two", "three"}) ASSERT_TRUE(store("/file", text));
  EXPECT_THAT(fs().report().waiting, SizeIs(1));
  EXPECT_EQ(fs().report().waiting_bytes, 5u);
  ASSERT_TRUE(settle());
  EXPECT_EQ(stores(), 1u);
  EXPECT_EQ(remote_.content("/file"), "three");
}

TEST_F(Deferred, AFileThatIsStoredAgainAndAgainIsUploadedAllTheSame) {
  open();
  remote_.block(Operation::store);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(store("/file", std::to_string(i)));
    clock_.advance(seconds(4));
  }
  remote_.wait_until_blocked(Operation::store, 1);
  remote_.release(Operation::store);
}

TEST_F(Deferred, ANewVersionDuringAnUploadFollowsIt) {
  open();
  ASSERT_TRUE(store("/file", "first"));
  remote_.block(Operation::store);
  std::jthread settler([this] { EXPECT_TRUE(settle("/file")); });
  remote_.wait_until_blocked(Operation::store, 1);
  ASSERT_TRUE(store("/file", "second one"));
  ASSERT_TRUE(store("/file", "third, longer"));
  EXPECT_EQ(read("/file"), "third, longer");
  remote_.release(Operation::store);
  settler.join();
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), "third, longer");
  EXPECT_EQ(stores(), 2u);
  EXPECT_THAT(fs().report().conflicts, IsEmpty());
}

TEST_F(Deferred, WhatFindsNoRoomGoesToTheServerAtOnce) {
  open(10);
  ASSERT_TRUE(store("/a", "12345678"));
  ASSERT_TRUE(store("/b", "too much"));
  EXPECT_EQ(remote_.content("/b"), "too much");
  EXPECT_EQ(remote_.content("/a"), std::nullopt);
  ASSERT_TRUE(store("/a", "too much for both")) << "the older version goes first";
  EXPECT_EQ(remote_.content("/a"), "too much for both");
  EXPECT_EQ(fs().report().waiting_bytes, 0u);
  ASSERT_TRUE(store("/c", "0123456789"));
  EXPECT_EQ(remote_.content("/c"), std::nullopt) << "there is room again";
}

// The disk is as full as a limit of the process on the size of files makes it.
TEST_F(Deferred, WhatTheDiskDoesNotTakeGoesToTheServerAtOnce) {
  open();
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{.rlim_cur = 1000, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto stored = store("/file", std::string(2000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, previous);
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(remote_.content("/file"), std::string(2000, 'x'));
  EXPECT_EQ(fs().report().waiting_bytes, 0u);
  EXPECT_EQ(
      std::distance(std::filesystem::directory_iterator(journal()), std::filesystem::directory_iterator()), 1)
      << "the lock";
}

TEST_F(Deferred, WhatMustNotWaitOvertakesNothing) {
  open();
  ASSERT_TRUE(store("/file", "deferred"));
  ASSERT_TRUE(fs().store(path_of("/file"), content_of("at once"), {}, soon()));
  EXPECT_EQ(remote_.content("/file"), "at once");
  EXPECT_EQ(stores(), 2u);
  ASSERT_TRUE(settle());
  EXPECT_EQ(stores(), 2u);
}

TEST_F(Deferred, NothingIsDeferredWhenNothingIsAccepted) {
  options_.accepts = false;
  open();
  ASSERT_TRUE(store("/file", "content"));
  EXPECT_EQ(remote_.content("/file"), "content");
}

TEST_F(Deferred, ASourceOutlivesTheUpload) {
  open();
  ASSERT_TRUE(store("/file", "content"));
  auto source = fs().open_read(path_of("/file"), 3, std::nullopt, soon());
  ASSERT_TRUE(source);
  ASSERT_TRUE(settle());
  EXPECT_EQ(read_all(**source), "tent");
}

TEST_F(Deferred, AReadOfAnotherVersionIsStale) {
  open();
  const auto first = store("/file", "first");
  ASSERT_TRUE(store("/file", "second"));
  const auto version = model::FileVersion::of(first->attributes);
  EXPECT_EQ(code_of(fs().open_read(path_of("/file"), 0, version, soon())), Errc::stale);
}

TEST_F(Deferred, AListingUnderWayDuringAnUploadHasTheFile) {
  remote_.put_directory("/folder");
  open();
  ASSERT_TRUE(store("/folder/file", "content"));
  remote_.during_next(Operation::list, [this] { EXPECT_TRUE(settle()); });
  EXPECT_THAT(names("/folder"), ElementsAre("file"));
}

TEST_F(Deferred, TheVersionThatAnUploadMadeIsReplacedByTheNextWithoutAConflict) {
  open();
  const auto first = store("/file", "first", {.creates = true});
  ASSERT_TRUE(settle());
  ASSERT_TRUE(store("/file", "second", {.replaces = first->attributes}));
  remote_.put_file("/file", "theirs");
  remote_.set_time(std::chrono::system_clock::now() + seconds(100));
  ASSERT_TRUE(store("/file", "third", {.replaces = first->attributes}));
  remote_.put_file("/file", "five5");  // as long as the first, but later
  EXPECT_EQ(code_of(settle()), Errc::stale);
  EXPECT_EQ(remote_.content("/file"), "five5");
}

// ---- order

class Dependent : public WritebackTest {};

TEST_F(Dependent, RemovalOfWhatTheServerNeverSawNeedsNoServer) {
  open();
  ASSERT_TRUE(store("/file", "content"));
  ASSERT_TRUE(fs().remove_file(path_of("/file"), soon()));
  EXPECT_EQ(remote_.calls(Operation::remove_file), 0u);
  EXPECT_EQ(code_of(fs().stat(path_of("/file"), soon())), Errc::not_found);
  EXPECT_FALSE(WritebackFs::has_waiting(journal()));
  ASSERT_TRUE(settle());
  EXPECT_EQ(stores(), 0u);
}

TEST_F(Dependent, RemovalTakesTheServersFileToo) {
  remote_.put_file("/file", "old");
  open();
  ASSERT_TRUE(store("/file", "new"));
  ASSERT_TRUE(fs().remove_file(path_of("/file"), soon()));
  EXPECT_EQ(remote_.content("/file"), std::nullopt);
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), std::nullopt);
}

TEST_F(Dependent, RemovalThatFailsLosesNothing) {
  remote_.put_file("/file", "old");
  open();
  ASSERT_TRUE(store("/file", "new"));
  remote_.fail_next(Operation::remove_file, Errc::connection_lost);
  EXPECT_EQ(code_of(fs().remove_file(path_of("/file"), soon())), Errc::connection_lost);
  EXPECT_EQ(read("/file"), "new");
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), "new");
}

TEST_F(Dependent, RemovalEndsAnUploadUnderWay) {
  open();
  ASSERT_TRUE(store("/file", "content"));
  remote_.block(Operation::store);
  std::jthread settler([this] { EXPECT_TRUE(settle("/file")); });
  remote_.wait_until_blocked(Operation::store, 1);
  ASSERT_TRUE(fs().remove_file(path_of("/file"), soon()));
  settler.join();
  remote_.release(Operation::store);
  EXPECT_EQ(remote_.content("/file"), std::nullopt);
  EXPECT_THAT(fs().report().waiting, IsEmpty());
}

TEST_F(Dependent, RenameOfWhatTheServerNeverSawStaysInTheJournal) {
  remote_.put_file("/document", "old");
  open();
  ASSERT_TRUE(store("/temporary", "new content"));
  ASSERT_TRUE(fs().rename(path_of("/temporary"), path_of("/document"), soon()));
  EXPECT_EQ(remote_.calls(Operation::rename), 0u);
  EXPECT_EQ(read("/document"), "new content");
  EXPECT_THAT(names("/"), ElementsAre("document"));
  ASSERT_TRUE(store("/temporary", "once more"));
  ASSERT_TRUE(fs().rename(path_of("/temporary"), path_of("/document"), soon()));
  EXPECT_THAT(fs().report().waiting, SizeIs(1));
  reopen();
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/document"), "once more");
  EXPECT_EQ(stores(), 1u);
  EXPECT_EQ(remote_.content("/temporary"), std::nullopt);
}

TEST_F(Dependent, RenameOfAnotherFileUploadsItFirst) {
  remote_.put_file("/file", "old");
  open();
  ASSERT_TRUE(store("/file", "new"));
  ASSERT_TRUE(fs().rename(path_of("/file"), path_of("/moved"), soon()));
  EXPECT_EQ(remote_.content("/moved"), "new");
  EXPECT_EQ(remote_.content("/file"), std::nullopt);
}

TEST_F(Dependent, RenameOfADirectoryUploadsWhatIsInIt) {
  remote_.put_directory("/from");
  open();
  ASSERT_TRUE(store("/from/file", "content"));
  ASSERT_TRUE(store("/from-else", "waits"));
  ASSERT_TRUE(fs().rename(path_of("/from"), path_of("/to"), soon()));
  EXPECT_EQ(remote_.content("/to/file"), "content");
  EXPECT_EQ(remote_.content("/from-else"), std::nullopt);
}

TEST_F(Dependent, RenameThatCannotUploadFails) {
  remote_.put_directory("/from");
  open();
  ASSERT_TRUE(store("/from/file", "content"));
  remote_.fail_next(Operation::store, Errc::connection_lost);
  EXPECT_EQ(code_of(fs().rename(path_of("/from"), path_of("/to"), soon())), Errc::connection_lost);
  EXPECT_EQ(read("/from/file"), "content");
}

TEST_F(Dependent, RenameOverADirectoryIsRefused) {
  remote_.put_directory("/directory");
  open();
  ASSERT_TRUE(store("/file", "x"));
  EXPECT_EQ(code_of(fs().rename(path_of("/file"), path_of("/directory"), soon())), Errc::is_a_directory);
  EXPECT_EQ(code_of(fs().rename(path_of("/file"), path_of("/file/below"), soon())), Errc::invalid_argument);
  ASSERT_TRUE(store("/other", "x"));
  EXPECT_EQ(code_of(fs().rename(path_of("/other"), path_of("/file/below"), soon())), Errc::not_a_directory);
  EXPECT_TRUE(fs().rename(path_of("/file"), path_of("/file"), soon()));
  EXPECT_EQ(read("/file"), "x");
}

// ---- conflicts

class Conflicts : public WritebackTest {
 protected:
  std::string only_copy() {
    std::string found;
    for (const auto& name : names("/")) {
      if (name.starts_with("file.ftpsfs-conflict-")) found = name;
    }
    return found;
  }
};

TEST_F(Conflicts, TheirsStaysAndOursIsPutBesideIt) {
  remote_.put_file("/file", "old");
  open();
  ASSERT_TRUE(store("/file", "ours"));
  remote_.put_file("/file", "theirs");
  EXPECT_EQ(code_of(settle("/file")), Errc::stale);
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), "theirs");
  EXPECT_EQ(remote_.content("/" + only_copy()), "ours");
  const auto report = fs().report();
  ASSERT_THAT(report.conflicts, SizeIs(1));
  EXPECT_EQ(report.conflicts[0].path.str(), "/file");
  EXPECT_EQ(report.conflicts[0].ours.str(), "/" + only_copy());
}

TEST_F(Conflicts, ANewFileReplacesNoneThatHasAppeared) {
  open();
  ASSERT_TRUE(store("/file", "ours"));
  remote_.put_file("/file", "more of theirs");
  EXPECT_EQ(code_of(settle("/file")), Errc::stale);
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), "more of theirs");
  EXPECT_EQ(remote_.content("/" + only_copy()), "ours");
}

TEST_F(Conflicts, WhatSomebodyElseRemovedIsKept) {
  remote_.put_file("/file", "old");
  open();
  ASSERT_TRUE(store("/file", "ours"));
  remote_.erase("/file");
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), "ours");
}

TEST_F(Conflicts, TheSameContentIsNone) {
  remote_.put_file("/file", "old");
  open();
  ASSERT_TRUE(store("/file", "the same"));
  remote_.put_file("/file", "the same");
  ASSERT_TRUE(settle());
  EXPECT_EQ(stores(), 0u);
  EXPECT_EQ(only_copy(), "");
}

// ---- failures

class Failing : public WritebackTest {
 protected:
  // Lets time pass until so many tries have been made.
  void pass_time_until(std::size_t tries) {
    while (remote_.calls(Operation::store) < tries) {
      clock_.advance(seconds(1));
      ASSERT_TRUE(settle("/nothing"));  // wakes the threads
      std::this_thread::yield();
    }
  }
};

TEST_F(Failing, TransientlyIsTriedAgainAndAgain) {
  open();
  ASSERT_TRUE(store("/file", "content"));
  remote_.fail_next(Operation::store, Errc::connection_lost, 12);
  pass_time_until(13);
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), "content");
  EXPECT_THAT(fs().report().lost, IsEmpty());
}

TEST_F(Failing, WithoutAServerNothingIsTriedTooSoon) {
  open();
  for (const auto* path : {"/a", "/b", "/c"}) ASSERT_TRUE(store(path, "content", {.creates = true}));
  remote_.fail_next(Operation::stat, Errc::unreachable, 1000);
  EXPECT_EQ(code_of(settle("/a")), Errc::unreachable);
  EXPECT_EQ(remote_.calls(Operation::stat), 1u);
  clock_.advance(std::chrono::milliseconds(999));
  ASSERT_TRUE(settle("/nothing"));
  EXPECT_EQ(remote_.calls(Operation::stat), 1u);
  EXPECT_EQ(code_of(settle("/b")), Errc::unreachable) << "who asks is not kept waiting";
  EXPECT_EQ(remote_.calls(Operation::stat), 2u);
}

TEST_F(Failing, ForGoodGoesToLostAndFoundWithAnIndex) {
  remote_.put_directory("/folder");
  open();
  ASSERT_TRUE(store("/folder/the file", "content"));
  remote_.fail_next(Operation::store, Errc::permission_denied, 3);
  EXPECT_EQ(code_of(settle()), Errc::permission_denied);
  EXPECT_EQ(code_of(settle()), Errc::permission_denied);
  EXPECT_EQ(read("/folder/the file"), "content");
  EXPECT_EQ(code_of(settle()), Errc::permission_denied);
  EXPECT_TRUE(settle()) << "it is told once";
  EXPECT_EQ(code_of(fs().stat(path_of("/folder/the file"), soon())), Errc::not_found);
  EXPECT_FALSE(WritebackFs::has_waiting(journal()));

  auto lost = fs().report().lost;
  ASSERT_THAT(lost, SizeIs(1));
  EXPECT_EQ(lost[0].path, "/folder/the file");
  EXPECT_EQ(lost[0].kept.filename(), "the file");
  EXPECT_THAT(lost[0].reason, HasSubstr("as the test asked"));
  EXPECT_EQ(folder_.read("journal/lost+found/the file"), "content");
  EXPECT_THAT(folder_.read("journal/lost+found/INDEX.txt"), HasSubstr("/folder/the file"));

  reopen();
  EXPECT_THAT(fs().report().lost, SizeIs(1));
  std::filesystem::remove(lost[0].kept);
  EXPECT_THAT(fs().report().lost, IsEmpty());
}

TEST_F(Failing, ForGoodIsTriedThreeTimesWithoutAnybodyWaiting) {
  open();
  ASSERT_TRUE(store("/file", "content"));
  remote_.fail_next(Operation::store, Errc::permission_denied, 3);
  pass_time_until(3);
  while (!fs().report().waiting.empty()) std::this_thread::yield();
  EXPECT_EQ(code_of(settle("/")), Errc::permission_denied);
  EXPECT_TRUE(settle("/"));
  EXPECT_EQ(stores(), 3u);
}

TEST_F(Failing, FilesOfOneNameAreKeptApart) {
  remote_.put_directory("/a");
  remote_.put_directory("/b");
  open();
  for (const auto* path : {"/a/file", "/b/file", "/INDEX.txt"}) {
    ASSERT_TRUE(store(path, path));
    remote_.fail_next(Operation::store, Errc::not_permitted, 3);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(settle());
  }
  EXPECT_EQ(folder_.read("journal/lost+found/file"), "/a/file");
  EXPECT_EQ(folder_.read("journal/lost+found/file-2"), "/b/file");
  EXPECT_EQ(folder_.read("journal/lost+found/INDEX.txt-2"), "/INDEX.txt");
  EXPECT_THAT(fs().report().lost, SizeIs(3));
}

TEST_F(Failing, AMissingDirectoryIsForGood) {
  remote_.put_directory("/folder");
  open();
  ASSERT_TRUE(store("/folder/file", "content"));
  remote_.erase("/folder");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(code_of(settle()), Errc::not_found);
  EXPECT_THAT(fs().report().lost, SizeIs(1));
}

TEST_F(Failing, AFullServerIsGivenFiveTries) {
  open();
  ASSERT_TRUE(store("/file", "content"));
  remote_.fail_next(Operation::store, Errc::no_space, 5);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(code_of(settle()), Errc::no_space);
  EXPECT_THAT(fs().report().lost, IsEmpty());
  EXPECT_FALSE(settle());
  EXPECT_THAT(fs().report().lost, SizeIs(1));
}

TEST_F(Failing, AnAnswerThatWasLostIsNoConflict) {
  remote_.put_file("/file", "old");
  open();
  ASSERT_TRUE(store("/file", "content"));
  remote_.lose_next_answer(Operation::store);
  EXPECT_EQ(code_of(settle()), Errc::connection_lost);
  ASSERT_TRUE(settle());
  EXPECT_EQ(stores(), 1u) << "nothing is sent twice";
  EXPECT_THAT(fs().report().conflicts, IsEmpty());
}

TEST_F(Failing, ALostAnswerOfAnOlderVersionIsNoConflictEither) {
  remote_.put_file("/file", "old");
  open();
  for (const std::string text : {"first", "second one", "third one, longer"}) {
    ASSERT_TRUE(store("/file", text));
    remote_.lose_next_answer(Operation::store);
    EXPECT_EQ(code_of(settle()), Errc::connection_lost);
  }
  ASSERT_TRUE(store("/file", "last"));
  reopen();
  EXPECT_EQ(read("/file"), "last");
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), "last");
  EXPECT_THAT(fs().report().conflicts, IsEmpty());
  EXPECT_FALSE(WritebackFs::has_waiting(journal()));
}

TEST_F(Failing, AnUploadThatWasCutOffInPlaceIsRepeated) {
  open();
  ASSERT_TRUE(store("/file", "whole content"));
  remote_.during_next(Operation::store, [this] { remote_.put_file("/file", "whole"); });
  remote_.lose_next_answer(Operation::store);
  EXPECT_FALSE(settle());
  reopen();
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), "whole content");
}

// ---- the journal across mounts

class LaterMount : public WritebackTest {
 protected:
  static std::string file_of(int number) { return fmt::format("{:016x}", number); }
};

TEST_F(LaterMount, UploadsWhatAnEarlierOneLeft) {
  const std::string odd = "/\xff odd % name";
  open();
  ASSERT_TRUE(store("/a", "content of a"));
  ASSERT_TRUE(store(odd, "odd"));
  EXPECT_TRUE(WritebackFs::has_waiting(journal()));
  options_.accepts = false;
  reopen();
  EXPECT_EQ(read("/a"), "content of a");
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/a"), "content of a");
  EXPECT_EQ(remote_.content(odd), "odd");
  EXPECT_FALSE(WritebackFs::has_waiting(journal()));
}

TEST_F(LaterMount, CannotShareTheJournal) {
  open();
  const auto second = WritebackFs::open(remote_, options_, base::OpContext::with_timeout(seconds(0)));
  EXPECT_EQ(code_of(second), Errc::busy);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(::getpid())));
  fs_.reset();
  EXPECT_TRUE(WritebackFs::open(remote_, options_, base::OpContext::with_timeout(seconds(0))));
}

TEST_F(LaterMount, KeepsTheJournalToItsOwner) {
  open();
  ASSERT_TRUE(store("/a", "secret"));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(journal()).permissions(), perms::owner_all);
  for (const auto& entry : std::filesystem::directory_iterator(journal())) {
    EXPECT_EQ(entry.status().permissions() & (perms::group_all | perms::others_all), perms::none) << entry;
  }
}

TEST_F(LaterMount, KeepsWhatIsDamaged) {
  open();
  ASSERT_TRUE(store("/unreadable", "content of a damaged record"));
  ASSERT_TRUE(store("/short", "content that is cut"));
  ASSERT_TRUE(store("/missing", "content that is gone"));
  ASSERT_TRUE(store("/whole", "whole"));
  fs_.reset();
  const auto record = [&](int number) { return "journal/" + file_of(number) + ".record"; };
  const auto data = [&](int number) { return journal() / (file_of(number) + ".data"); };
  folder_.write(record(1), "{ nonsense");
  std::filesystem::resize_file(data(3), 3);
  std::filesystem::remove(data(5));
  folder_.write("journal/00000000000000ff.data", "never counted");
  folder_.write("journal/00000000000000fe.record.new", "never counted");
  open();
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/whole"), "whole");
  EXPECT_EQ(remote_.content("/short"), std::nullopt);
  EXPECT_THAT(fs().report().lost, SizeIs(5)) << "three records, two contents";
  EXPECT_EQ(folder_.read("journal/lost+found/" + file_of(1) + ".data"), "content of a damaged record");
  for (const auto& entry : std::filesystem::directory_iterator(journal())) {
    EXPECT_THAT(entry.path().filename().string(), ::testing::AnyOf("lock", "lost+found"));
  }
}

TEST_F(LaterMount, RefusesAJournalOfTheFuture) {
  folder_.write("journal/0000000000000001.record", R"({"format": 2})");
  const auto opened = WritebackFs::open(remote_, options_, soon());
  EXPECT_EQ(code_of(opened), Errc::not_supported);
  EXPECT_TRUE(WritebackFs::has_waiting(journal()));
}

TEST_F(LaterMount, IsNotHinderedByAnUploadThatNeverEnds) {
  open();
  ASSERT_TRUE(store("/file", "content"));
  remote_.block(Operation::store);
  clock_.advance(seconds(10));
  remote_.wait_until_blocked(Operation::store, 1);
  fs_.reset();
  EXPECT_TRUE(WritebackFs::has_waiting(journal()));
  remote_.release(Operation::store);
  open();
  ASSERT_TRUE(settle());
  EXPECT_EQ(remote_.content("/file"), "content");
  EXPECT_EQ(stores(), 1u) << "it had arrived";
}

}  // namespace
}  // namespace ftpsfs::writeback
