#include <algorithm>
#include <random>
#include <thread>

#include "cache_test_support.h"
#include "ftpsfs/cache/read_stream.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using base::OpContext;
using std::chrono::milliseconds;

constexpr std::size_t kKiB = 1024;

// Small, so that a test's file has many windows.
cache::ReadStreamOptions small() {
  return {.keep_behind = 8 * kKiB, .max_forward_gap = 4 * kKiB, .chunk = kKiB};
}

class ReadStreamTest : public ::testing::Test {
 protected:
  ReadStreamTest() { start(100 * kKiB); }

  void start(std::size_t size, const cache::ReadStreamOptions& options = small()) {
    content = random_text(size);
    remote.put_file("/f", content);
    start_with(model::FileVersion::of(*remote.attributes("/f")), options);
  }

  void start_with(const model::FileVersion& version, const cache::ReadStreamOptions& options = small()) {
    stream = std::make_unique<cache::ReadStream>(remote, path("/f"), version, options);
  }

  base::Result<std::string> read(std::uint64_t offset, std::size_t size, const OpContext& ctx) {
    std::string text(size, '\0');
    const auto count = stream->read_at(offset, std::as_writable_bytes(std::span(text)), ctx);
    if (!count) return std::unexpected(count.error());
    text.resize(*count);
    return text;
  }
  base::Result<std::string> read(std::uint64_t offset, std::size_t size) {
    return read(offset, size, soon());
  }

  void expect_content(std::uint64_t offset, std::size_t size) {
    const auto text = read(offset, size);
    ASSERT_TRUE(text) << text.error().describe();
    EXPECT_TRUE(*text == content.substr(offset, size)) << offset << '+' << size;
  }

  std::size_t opens() const { return remote.calls(Operation::open_read); }

  MemoryRemoteFs remote;
  std::string content;
  std::unique_ptr<cache::ReadStream> stream;
};

TEST_F(ReadStreamTest, NothingIsOpenedBeforeTheFirstRead) { EXPECT_EQ(opens(), 0u); }

TEST_F(ReadStreamTest, OneTransferServesASequentialReader) {
  for (std::uint64_t offset = 0; offset < content.size(); offset += 3000) expect_content(offset, 3000);
  EXPECT_EQ(opens(), 1u);
  EXPECT_EQ(remote.bytes_read(), content.size());
}

TEST_F(ReadStreamTest, ReadsAreCompleteHoweverSmallTheServersPieces) {
  remote.limit_reads(7);
  expect_content(0, 10 * kKiB);
  EXPECT_EQ(opens(), 1u);
}

TEST_F(ReadStreamTest, WhatNobodyHasReadIsCounted) {
  const auto options = small();
  start(100 * kKiB, options);
  expect_content(0, 3 * kKiB);
  expect_content(5 * kKiB + 100, 200);  // reads through 2 KiB and 100 bytes, and to the end of its chunk
  EXPECT_EQ(options.counters->totals().unused, 0u) << "it may still be read";
  stream.reset();
  EXPECT_EQ(options.counters->totals().unused, 3 * kKiB - 200);
}

TEST_F(ReadStreamTest, TheEndIsKnownWithoutAskingTheServer) {
  EXPECT_EQ(read(content.size(), 10).value(), "");
  EXPECT_EQ(read(content.size() + 5, 10).value(), "");
  EXPECT_EQ(opens(), 0u);
  expect_content(content.size() - 10, 10);
  EXPECT_EQ(read(content.size() - 10, 100).value().size(), 10u);
  const auto reads = remote.calls(Operation::read);
  EXPECT_EQ(read(content.size(), 100).value(), "");
  EXPECT_EQ(remote.calls(Operation::read), reads);
  EXPECT_EQ(opens(), 1u);
}

TEST_F(ReadStreamTest, AnEmptyFileIsNeverOpened) {
  start(0);
  EXPECT_EQ(read(0, 10).value(), "");
  EXPECT_EQ(opens(), 0u);
}

TEST_F(ReadStreamTest, AnEmptyReadAsksNothing) {
  EXPECT_EQ(read(0, 0).value(), "");
  EXPECT_EQ(opens(), 0u);
}

TEST_F(ReadStreamTest, TheTransferEndsWithTheLastByte) {
  expect_content(content.size() - kKiB, kKiB);
  EXPECT_EQ(remote.sources_alive(), 0u);
}

TEST_F(ReadStreamTest, WhatWasJustPassedIsKept) {
  expect_content(0, 20 * kKiB);
  expect_content(12 * kKiB, 8 * kKiB);
  expect_content(13 * kKiB + 5, 100);
  EXPECT_EQ(opens(), 1u);
  EXPECT_EQ(remote.bytes_read(), 20 * kKiB);
}

TEST_F(ReadStreamTest, ASmallGapAheadIsReadThrough) {
  expect_content(0, kKiB);
  expect_content(5 * kKiB, kKiB);
  expect_content(2 * kKiB, kKiB);
  EXPECT_EQ(opens(), 1u);
}

TEST_F(ReadStreamTest, AFarSeekStartsAnewAtItsOffset) {
  expect_content(0, kKiB);
  expect_content(5 * kKiB + 1, kKiB);
  EXPECT_EQ(opens(), 2u);
  EXPECT_EQ(remote.bytes_read(), 2 * kKiB);
  EXPECT_EQ(remote.sources_alive(), 1u);
}

TEST_F(ReadStreamTest, ASeekBackBehindTheWindowStartsAnew) {
  expect_content(0, 20 * kKiB);
  expect_content(0, kKiB);
  EXPECT_EQ(opens(), 2u);
}

TEST_F(ReadStreamTest, AChangedFileIsStale) {
  expect_content(0, kKiB);
  remote.put_file("/f", "something else");
  EXPECT_TRUE(fails_with(read(50 * kKiB, 10), Errc::stale));
}

TEST_F(ReadStreamTest, AFileThatEndsEarlyIsStale) {
  remote.end_sources_at(10 * kKiB);
  expect_content(0, 10 * kKiB);
  EXPECT_TRUE(fails_with(read(10 * kKiB, 10), Errc::stale));
  EXPECT_EQ(remote.sources_alive(), 0u);
}

TEST_F(ReadStreamTest, AFileThatHasMoreIsReadNoFurther) {
  start_with({.size = 1500, .modified = std::nullopt, .unique_id = {}});
  remote.ignore_versions();
  expect_content(0, kKiB);
  EXPECT_TRUE(read(kKiB, kKiB).value() == content.substr(kKiB, 1500 - kKiB));
  EXPECT_EQ(remote.bytes_read(), 1500u);
}

TEST_F(ReadStreamTest, AnErrorEndsTheTransferAndTheNextReadStartsAnew) {
  expect_content(0, kKiB);
  remote.fail_next(Operation::read, Errc::connection_lost);
  EXPECT_TRUE(fails_with(read(kKiB, kKiB), Errc::connection_lost));
  EXPECT_EQ(remote.sources_alive(), 0u);
  expect_content(kKiB, kKiB);
  expect_content(0, kKiB);
  EXPECT_EQ(opens(), 2u);
  remote.fail_next(Operation::open_read, Errc::permission_denied);
  EXPECT_TRUE(fails_with(read(50 * kKiB, 1), Errc::permission_denied));
  expect_content(50 * kKiB, 1);
}

TEST_F(ReadStreamTest, ASilentServerIsGivenUpAfterTheProgressTimeout) {
  auto options = small();
  options.progress_timeout = milliseconds(20);
  start(10 * kKiB, options);
  remote.block(Operation::read);
  EXPECT_TRUE(fails_with(read(0, kKiB, OpContext{}), Errc::timed_out));
}

TEST_F(ReadStreamTest, TheCallersDeadlineCountsUntilThereIsProgress) {
  remote.block(Operation::open_read);
  EXPECT_TRUE(fails_with(read(0, kKiB, OpContext::with_timeout(milliseconds(20))), Errc::timed_out));
}

TEST_F(ReadStreamTest, ProgressRenewsTheDeadline) {
  // The first read is answered when the caller's own deadline has passed; the open before it was progress.
  const auto ctx = OpContext::with_timeout(milliseconds(200));
  remote.during_next(Operation::read, [&] {
    while (ctx.check("")) std::this_thread::yield();
  });
  EXPECT_TRUE(read(0, 5 * kKiB, ctx).value() == content.substr(0, 5 * kKiB));
}

TEST_F(ReadStreamTest, WhatIsAtHandNeedsNoTime) {
  expect_content(0, 4 * kKiB);
  EXPECT_TRUE(read(0, 4 * kKiB, OpContext::with_timeout(milliseconds(-1))).has_value());
}

TEST_F(ReadStreamTest, ARestartUsesTheNewPath) {
  expect_content(0, kKiB);
  remote.rename(path("/f"), path("/g"), soon()).value();
  stream->moved_to(path("/g"));
  expect_content(kKiB, kKiB);
  EXPECT_EQ(opens(), 1u);
  expect_content(50 * kKiB, kKiB);
  EXPECT_EQ(opens(), 2u);
}

TEST_F(ReadStreamTest, ARenameDuringAnOpenIsFollowed) {
  remote.during_next(Operation::open_read, [&] {
    remote.rename(path("/f"), path("/g"), soon()).value();
    stream->moved_to(path("/g"));
  });
  remote.lose_next_answer(Operation::open_read, Errc::not_found);
  expect_content(0, kKiB);
  EXPECT_EQ(opens(), 2u);
}

TEST_F(ReadStreamTest, PauseEndsTheTransferAndTheNextReadStartsANewOne) {
  stream->pause();
  expect_content(0, kKiB);
  EXPECT_EQ(remote.sources_alive(), 1u);
  stream->pause();
  EXPECT_EQ(remote.sources_alive(), 0u);
  expect_content(0, kKiB);
  EXPECT_EQ(opens(), 1u) << "what is kept still answers";
  expect_content(kKiB, kKiB);
  EXPECT_EQ(opens(), 2u);
  expect_content(0, 2 * kKiB);
  EXPECT_EQ(opens(), 2u) << "the window goes on";
}

TEST_F(ReadStreamTest, PauseDuringAReadEndsTheTransferAfterIt) {
  remote.during_next(Operation::read, [&] { stream->pause(); });
  expect_content(0, 3 * kKiB);
  EXPECT_EQ(remote.sources_alive(), 0u);
  EXPECT_EQ(opens(), 1u);
}

TEST_F(ReadStreamTest, TheEndOfTheStreamEndsTheTransfer) {
  expect_content(0, kKiB);
  stream.reset();
  EXPECT_EQ(remote.sources_alive(), 0u);
}

TEST_F(ReadStreamTest, RandomReadsAgreeWithTheContent) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  std::uint64_t offset = 0;
  for (int i = 0; i < 3000; ++i) {
    remote.limit_reads(1 + below(2 * kKiB));
    switch (below(8)) {
      case 0: offset = below(content.size() + 100); break;
      case 1: offset -= std::min<std::uint64_t>(offset, below(12 * kKiB)); break;
      case 2: offset += below(6 * kKiB); break;
      case 3: stream->pause(); break;
      case 4:
        remote.fail_next(below(2) == 0 ? Operation::read : Operation::open_read, Errc::connection_lost,
                         below(2));
        break;
      default: break;
    }
    const auto size = below(12 * kKiB);
    const auto text = read(offset, size);
    if (!text) {
      ASSERT_TRUE(fails_with(text, Errc::connection_lost));
      continue;
    }
    const auto expected = offset < content.size() ? content.substr(offset, size) : "";
    ASSERT_TRUE(*text == expected) << "read " << i << " at " << offset << '+' << size;
    offset += text->size();
    ASSERT_LE(remote.sources_alive(), 1u);
  }
}

}  // namespace
}  // namespace ftpsfs::testing
