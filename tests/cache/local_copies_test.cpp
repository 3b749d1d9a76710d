#include "ftpsfs/cache/local_copies.h"

#include <random>
#include <thread>

#include "cache_test_support.h"
#include "ftpsfs/cache/read_stream.h"
#include "support/temporary_folder.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using std::chrono::milliseconds;

constexpr std::size_t kKiB = 1024;

class LocalCopiesTest : public ::testing::Test {
 protected:
  LocalCopiesTest() { start(100 * kKiB); }

  void start(std::size_t size) {
    stream.reset();
    copies.reset();
    content = random_text(size);
    remote.put_file("/f", content);
    copies.emplace(remote, folder.path(), options, clock);
    reopen();
  }

  void reopen() {
    const cache::ReadStreamOptions small{.keep_behind = kKiB, .max_forward_gap = kKiB, .chunk = kKiB};
    stream = std::make_unique<cache::ReadStream>(
        remote, path("/f"), model::FileVersion::of(*remote.attributes("/f")), small, &*copies);
  }

  base::Result<std::string> read(std::uint64_t offset, std::size_t size) {
    std::string text(size, '\0');
    const auto count = stream->read_at(offset, std::as_writable_bytes(std::span(text)), soon());
    if (!count) return std::unexpected(count.error());
    text.resize(*count);
    return text;
  }

  void expect_content(std::uint64_t offset, std::size_t size) {
    const auto text = read(offset, size);
    ASSERT_TRUE(text) << text.error().describe();
    EXPECT_TRUE(*text == content.substr(offset, size)) << offset << '+' << size;
  }

  // What begins a copy: an opening, and three seeks.
  void read_here_and_there() {
    for (const std::uint64_t offset : {90U, 10U, 70U, 30U}) expect_content(offset * kKiB, kKiB);
  }

  std::size_t opens() const { return remote.calls(Operation::open_read); }

  // The same, and the copy waits for a session.
  void begin_copy_without_session() {
    remote.block(Operation::warm_up);
    read_here_and_there();
    expect_content(50 * kKiB, kKiB);
    remote.wait_until_blocked(Operation::warm_up, 1);
  }

  // Reads on until the file is read from its copy alone: what is still missing does not fit the stream's window.
  void wait_for_copy() {
    wait_until([&] {
      const auto before = opens();
      for (std::uint64_t offset = 99; offset > 0; offset -= 3) expect_content(offset * kKiB, kKiB);
      return opens() == before;
    });
  }

  // Whoever is at work on a copy gives its disk back, and not always before the stream has ended.
  void wait_for_disk() {
    wait_until([&] { return copies->bytes_reserved() == 0; });
  }

  void wait_for_no_source() {
    wait_until([&] { return remote.sources_alive() == 0; });
  }

  MemoryRemoteFs remote;
  FakeClock clock;
  TemporaryFolder folder;
  cache::LocalCopiesOptions options{.chunk = 4 * kKiB, .pause = milliseconds(0)};
  std::string content;
  std::optional<cache::LocalCopies> copies;
  std::unique_ptr<cache::ReadStream> stream;
};

TEST_F(LocalCopiesTest, AFileThatIsReadHereAndThereIsCopied) {
  read_here_and_there();
  wait_for_copy();
  const auto before = opens();
  for (std::uint64_t offset = 0; offset < content.size(); offset += 5000) {
    expect_content(content.size() - offset, 3000);
    expect_content(offset, 3000);
  }
  EXPECT_EQ(opens(), before);
}

TEST_F(LocalCopiesTest, WhatNobodyHasReadOfACopyIsCounted) {
  auto copy = copies->begin(path("/f"), model::FileVersion::of(*remote.attributes("/f")));
  std::array<std::byte, 10 * kKiB> end{};
  bool read = false;
  wait_until([&] { return read = read || copy->read_at(90 * kKiB, end); });
  copy.reset();
  wait_until([&] { return options.counters->totals().unused == 90 * kKiB; });
}

TEST_F(LocalCopiesTest, AFileThatIsReadForwardsIsNot) {
  for (std::uint64_t offset = 0; offset < content.size(); offset += kKiB) {
    expect_content(offset, kKiB);
    if (offset % (10 * kKiB) == 0) stream->pause();
  }
  EXPECT_EQ(copies->bytes_reserved(), 0U);
  EXPECT_EQ(remote.bytes_read(), content.size());
}

TEST_F(LocalCopiesTest, HeadEndAndHeadOfAFileDoNotMakeACopy) {
  expect_content(0, kKiB);
  expect_content(99 * kKiB, kKiB);
  expect_content(0, kKiB);
  EXPECT_EQ(copies->bytes_reserved(), 0U);
}

TEST_F(LocalCopiesTest, ALargeFileIsNotCopied) {
  options.largest_file = 100 * kKiB - 1;
  start(100 * kKiB);
  read_here_and_there();
  EXPECT_EQ(copies->bytes_reserved(), 0U);
}

TEST_F(LocalCopiesTest, TakeNoMoreDiskThanTheirBudget) {
  options.budget = 150 * kKiB;
  start(100 * kKiB);
  read_here_and_there();
  EXPECT_EQ(copies->bytes_reserved(), 100 * kKiB);
  const auto other = copies->begin(path("/f"), {.size = 60 * kKiB, .modified = {}, .unique_id = {}});
  EXPECT_EQ(other, nullptr);
  EXPECT_NE(copies->begin(path("/f"), {.size = 50 * kKiB, .modified = {}, .unique_id = {}}), nullptr);
}

TEST_F(LocalCopiesTest, GiveTheirDiskBack) {
  read_here_and_there();
  wait_for_copy();
  stream.reset();
  wait_for_disk();
}

TEST_F(LocalCopiesTest, ThatNobodyReadsStandStillUntilSomebodyDoes) {
  read_here_and_there();
  remote.block(Operation::read);
  std::thread reader([&] { expect_content(50 * kKiB, kKiB); });
  remote.wait_until_blocked(Operation::read, 2);  // the reader's and the copy's
  clock.advance(options.patience + milliseconds(1));
  remote.release(Operation::read);
  reader.join();
  wait_until([&] { return remote.sources_alive() <= 1; });
  EXPECT_LT(remote.bytes_read(), content.size());
  wait_for_copy();
}

TEST_F(LocalCopiesTest, ThatGetNoSessionAreTriedAgain) {
  remote.fail_next(Operation::warm_up, Errc::busy, 3);
  read_here_and_there();
  wait_for_copy();
  EXPECT_GE(remote.calls(Operation::warm_up), 4U);
}

TEST_F(LocalCopiesTest, SurviveALostConnection) {
  read_here_and_there();
  for (std::uint64_t i = 0; i < 5; ++i) {
    remote.fail_next(Operation::read, Errc::connection_lost);
    (void)read((20 + i * 10) * kKiB, kKiB);
  }
  wait_for_copy();
}

TEST_F(LocalCopiesTest, OfAChangedFileAreGivenUp) {
  begin_copy_without_session();
  remote.put_file("/f", "something else");
  remote.release(Operation::warm_up);
  wait_for_disk();
  EXPECT_TRUE(fails_with(read(80 * kKiB, kKiB), Errc::stale));
}

TEST_F(LocalCopiesTest, FollowARename) {
  read_here_and_there();
  remote.rename(path("/f"), path("/g"), soon()).value();
  stream->moved_to(path("/g"));
  wait_for_copy();
}

TEST_F(LocalCopiesTest, EndTheirTransferWhenPaused) {
  read_here_and_there();
  stream->pause();
  wait_for_no_source();
  wait_for_copy();
}

TEST_F(LocalCopiesTest, EndTheirTransferWithTheStream) {
  read_here_and_there();
  expect_content(50 * kKiB, kKiB);
  stream.reset();
  wait_for_no_source();
  wait_for_disk();
}

TEST_F(LocalCopiesTest, ThatAreStalledHoldNobodyUp) {
  begin_copy_without_session();
  expect_content(80 * kKiB, kKiB);
  stream.reset();
  copies.reset();
}

TEST_F(LocalCopiesTest, ManyReadersAgreeWithTheContent) {
  std::vector<std::thread> readers;
  for (unsigned seed = 0; seed < 4; ++seed) {
    readers.emplace_back([this, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 300; ++i) {
        if (random() % 50 == 0) stream->pause();
        expect_content(random() % content.size(), random() % (8 * kKiB));
      }
    });
  }
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace ftpsfs::testing
