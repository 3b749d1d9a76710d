// Files that are uploaded while they are being written.

#include <chrono>
#include <stop_token>
#include <thread>

#include "vfs_fixture.h"

namespace ftpsfs::vfs {
namespace {

constexpr std::size_t kPiece = 128 << 10;
constexpr std::uint64_t kThreshold = 8 << 20;
constexpr std::uint64_t kLong = 9 << 20;

class Meanwhile : public VfsTest {
 protected:
  Meanwhile() { remount({.concurrent_uploads = 2}); }

  static std::string pattern(std::uint64_t offset, std::size_t length) {
    std::string text(length, '\0');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>((offset + i) * 31 / 7);
    return text;
  }

  // From `expected`'s end on.
  void write_on(HandleId file, std::uint64_t bytes) {
    for (const std::uint64_t end = expected.size() + bytes; expected.size() < end;) {
      const auto piece = pattern(expected.size(), std::min<std::uint64_t>(kPiece, end - expected.size()));
      ASSERT_OK(write(file, expected.size(), piece));
      expected += piece;
    }
  }

  HandleId being_uploaded(const char* name = "file") {
    const HandleId file = create(name);
    write_on(file, kLong);
    server.wait_until_received(kThreshold);
    return file;
  }

  void expect_saved(std::string_view path) {
    const auto content = server.content(path);
    ASSERT_TRUE(content);
    EXPECT_EQ(content->size(), expected.size());
    EXPECT_TRUE(*content == expected);
  }

  std::string expected;
};

TEST_F(Meanwhile, MostIsSentBeforeTheCloseAndNothingShows) {
  const HandleId file = being_uploaded();
  EXPECT_EQ(server.content("/file"), std::nullopt);
  write_on(file, 3 << 20);
  ASSERT_OK(close(file));
  expect_saved("/file");
  EXPECT_EQ(server.bytes_received(), expected.size()) << "each byte once";
  EXPECT_EQ(calls(Operation::store), 1u);
}

TEST_F(Meanwhile, ATruncatedFileKeepsItsOldContentUntilThen) {
  server.put_file("/file", "old");
  const HandleId file = open("/file", {.write = true, .truncate = true});
  write_on(file, kLong);
  server.wait_until_received(kThreshold);
  EXPECT_EQ(server.content("/file"), "old");
  ASSERT_OK(close(file));
  expect_saved("/file");
  EXPECT_EQ(server.bytes_received(), expected.size());
}

TEST_F(Meanwhile, ShortFilesAreNotSentBeforeTheirClose) {
  const HandleId file = create("file");
  write_on(file, kThreshold - 1);
  EXPECT_EQ(server.bytes_received(), 0u);
  ASSERT_OK(close(file));
  expect_saved("/file");
}

TEST_F(Meanwhile, AChangeOfWhatWasSentIsSavedAfresh) {
  const HandleId file = being_uploaded();
  ASSERT_OK(write(file, 5, "changed"));
  expected.replace(5, 7, "changed");
  ASSERT_OK(close(file));
  expect_saved("/file");
  EXPECT_GT(server.bytes_received(), expected.size());
}

TEST_F(Meanwhile, ATruncationOfWhatWasSentIsSavedAfresh) {
  const HandleId file = being_uploaded();
  ASSERT_OK(vfs->set_status(inode_of("/file"), {.size = 1000}, ctx));
  expected.resize(1000);
  ASSERT_OK(close(file));
  expect_saved("/file");
}

TEST_F(Meanwhile, APunchedHoleInWhatWasSentIsSavedAfresh) {
  const HandleId file = being_uploaded();
  ASSERT_OK(vfs->allocate(file, Allocation::zero_keep_size, 1000, 500, ctx));
  expected.replace(1000, 500, 500, '\0');
  ASSERT_OK(close(file));
  expect_saved("/file");
}

TEST_F(Meanwhile, RoomThatIsTakenBeforehandDisturbsNothing) {
  const HandleId file = create("file");
  ASSERT_OK(vfs->allocate(file, Allocation::extend, 0, 12 << 20, ctx));
  write_on(file, kLong);
  server.wait_until_received(kThreshold);
  ASSERT_OK(vfs->allocate(file, Allocation::extend, 0, 13 << 20, ctx));
  expected.resize(13 << 20);
  ASSERT_OK(close(file));
  expect_saved("/file");
  EXPECT_EQ(server.bytes_received(), expected.size());
}

TEST_F(Meanwhile, AHoleIsSentWhenItIsCertain) {
  const HandleId file = being_uploaded();
  const std::uint64_t hole = 1 << 20;
  ASSERT_OK(write(file, expected.size() + hole, "behind"));
  ASSERT_OK(write(file, expected.size(), "in front"));
  expected += "in front" + std::string(hole - 8, '\0') + "behind";
  ASSERT_OK(close(file));
  expect_saved("/file");
  EXPECT_EQ(server.bytes_received(), expected.size());
}

TEST_F(Meanwhile, AppendsCount) {
  const HandleId file = create("file", 0644, {.write = true, .append = true});
  write_on(file, kLong);
  server.wait_until_received(kThreshold);
  ASSERT_OK(close(file));
  expect_saved("/file");
  EXPECT_EQ(server.bytes_received(), expected.size());
}

TEST_F(Meanwhile, WhatIsRemovedNeverAppears) {
  const HandleId file = being_uploaded();
  ASSERT_OK(vfs->remove_file(kRootInode, "file", ctx));
  EXPECT_EQ(read(file, 0, 10), expected.substr(0, 10));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/file"), std::nullopt);
  EXPECT_EQ(calls(Operation::store), 0u);
}

TEST_F(Meanwhile, WhatIsRenamedIsSavedUnderItsNewName) {
  const HandleId file = being_uploaded();
  ASSERT_OK(vfs->rename(kRootInode, "file", kRootInode, "new", RenameMode::replace, ctx));
  write_on(file, kPiece);
  ASSERT_OK(close(file));
  expect_saved("/new");
  EXPECT_EQ(server.content("/file"), std::nullopt);
}

TEST_F(Meanwhile, AnFsyncSavesAndWritingGoesOn) {
  const HandleId file = being_uploaded();
  ASSERT_OK(vfs->fsync(file, ctx));
  expect_saved("/file");
  write_on(file, kPiece);
  ASSERT_OK(close(file));
  expect_saved("/file");
}

TEST_F(Meanwhile, TimeAndModeAreThoseOfTheClose) {
  const HandleId file = being_uploaded();
  const base::SystemTime then = std::chrono::sys_days{std::chrono::year{2019} / 3 / 31};
  ASSERT_OK(vfs->set_status(inode_of("/file"), {.modified = then, .permissions = 0600}, ctx));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.attributes("/file")->modified, then);
  EXPECT_EQ(server.attributes("/file")->mode, 0600u);
  EXPECT_EQ(calls(Operation::set_modified), 0u);
}

TEST_F(Meanwhile, AFailureIsNobodysConcernBecauseTheCloseTriesAgain) {
  server.limit_stores(kThreshold, Errc::permission_denied);
  const HandleId file = being_uploaded();
  write_on(file, kLong);
  server.limit_stores(1 << 30, Errc::internal);
  ASSERT_OK(close(file));
  expect_saved("/file");
}

TEST_F(Meanwhile, AFullDiskIsToldToAWriteOnce) {
  server.limit_stores(kThreshold / 2, Errc::no_space);
  const HandleId file = create("file");
  base::Status written;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
       written && std::chrono::steady_clock::now() < end;) {
    const auto piece = pattern(expected.size(), expected.size() < kLong ? kPiece : 100);
    written = write(file, expected.size(), piece);
    if (written) expected += piece;
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::no_space);
  EXPECT_EQ(error_of(vfs->flush(file, ctx)), Errc::no_space);
  server.limit_stores(1 << 30, Errc::internal);
  write_on(file, 100);
  ASSERT_OK(close(file));
  expect_saved("/file");
}

TEST_F(Meanwhile, NoMoreFilesThanAllowedAreSentAtATime) {
  remount({.concurrent_uploads = 1});
  const HandleId first = being_uploaded("first");
  const auto first_content = std::exchange(expected, {});
  const HandleId second = create("second");
  write_on(second, kLong);
  ASSERT_OK(vfs->flush(first, ctx));
  EXPECT_EQ(server.bytes_received(), first_content.size()) << "nothing of the second one";
  ASSERT_OK(close(second));
  ASSERT_OK(close(first));
  expect_saved("/second");
  EXPECT_TRUE(server.content("/first") == first_content);
}

TEST_F(Meanwhile, ACancelledFlushKeepsTheDataForTheNextOne) {
  const HandleId file = being_uploaded();
  server.block(Operation::store);
  std::stop_source stop;
  std::jthread flusher([&] {
    const auto stopped = OpContext::with_timeout(std::chrono::seconds(60), stop.get_token());
    EXPECT_EQ(error_of(vfs->flush(file, stopped)), Errc::cancelled);
  });
  server.wait_until_blocked(Operation::store, 1);
  stop.request_stop();
  flusher.join();
  server.release(Operation::store);
  ASSERT_OK(close(file));
  expect_saved("/file");
}

TEST_F(Meanwhile, TheEndOfTheMountDoesNotWaitForTheWriter) {
  being_uploaded();
  vfs.reset();
  EXPECT_EQ(server.content("/file"), std::nullopt);
}

}  // namespace
}  // namespace ftpsfs::vfs
