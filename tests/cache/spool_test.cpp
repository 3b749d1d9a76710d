#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <thread>

#include "spool_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using base::OpContext;
using cache::SpoolDirectory;

constexpr std::size_t kMiB = 1 << 20;

TEST_F(SpoolTest, TheFolderIsMadeAndIsPrivate) {
  const auto made = folder.path() / "several" / "levels";
  const auto opened = SpoolDirectory::open(made, 100);
  ASSERT_EQ(outcome(opened), "ok");
  struct stat status{};
  ASSERT_EQ(::stat(made.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  EXPECT_EQ((*opened)->bytes_used(), 0u);
}

TEST_F(SpoolTest, AFolderThatCannotBeUsedIsNamedWithReasonAndOption) {
  const auto file = folder.path() / "file";
  std::ofstream(file) << "x";
  for (const auto& unusable : {file, file / "below"}) {
    const auto opened = SpoolDirectory::open(unusable, 100);
    ASSERT_TRUE(fails_with(opened, Errc::local_io));
    EXPECT_THAT(opened.error().message, ::testing::HasSubstr(unusable.string()));
    EXPECT_THAT(opened.error().message, ::testing::HasSubstr("-o spool_dir="));
    EXPECT_THAT(opened.error().message, ::testing::HasSubstr("ot a directory"));
  }
}

TEST_F(SpoolTest, ASpoolHasNoNameInTheFolder) {
  const auto spool = spool_of("");
  write(*spool, 0, "text").value();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "spool"));
}

TEST_F(SpoolTest, WritesAreReadBack) {
  const auto spool = spool_of("");
  write(*spool, 0, "hello world").value();
  write(*spool, 6, "there").value();
  EXPECT_EQ(read_all(*spool), "hello there");
  EXPECT_EQ(read(*spool, 6, 100), "there");
  EXPECT_EQ(read(*spool, 11, 100), "");
  EXPECT_EQ(read(*spool, 1000, 100), "");
  EXPECT_EQ(fetches, 0u);
}

TEST_F(SpoolTest, AGapBehindTheEndIsZeros) {
  const auto spool = spool_of("");
  write(*spool, 3, "x").value();
  EXPECT_EQ(read_all(*spool), std::string("\0\0\0x", 4));
  write(*spool, 10 * kMiB, "y").value();
  EXPECT_EQ(spool->size(), 10 * kMiB + 1);
  EXPECT_EQ(read(*spool, 5 * kMiB, 3), std::string(3, '\0'));
  EXPECT_EQ(directory->bytes_used(), 2u) << "holes cost nothing";
}

TEST_F(SpoolTest, WhatIsMissingIsFetchedWhenNeeded) {
  const auto spool = spool_of("0123456789");
  EXPECT_EQ(spool->size(), 10u);
  EXPECT_EQ(fetches, 0u);
  EXPECT_EQ(read(*spool, 2, 3), "234");
  EXPECT_EQ(read(*spool, 2, 3), "234");
  EXPECT_EQ(fetched_bytes, 3u);
  EXPECT_EQ(read(*spool, 1, 5), "12345");
  EXPECT_EQ(fetched_bytes, 5u);
  EXPECT_EQ(directory->bytes_used(), 5u);
}

TEST_F(SpoolTest, AWriteNeedsNoFetch) {
  const auto spool = spool_of("0123456789");
  write(*spool, 3, "abc").value();
  EXPECT_EQ(fetches, 0u);
  EXPECT_EQ(read_all(*spool), "012abc6789");
  EXPECT_EQ(fetched_bytes, 7u);
}

TEST_F(SpoolTest, AppendingNeedsNoFetch) {
  const auto spool = spool_of("0123456789");
  write(*spool, 12, "x").value();
  EXPECT_EQ(read(*spool, 10, 3), std::string("\0\0x", 3));
  EXPECT_EQ(fetches, 0u);
}

TEST_F(SpoolTest, FetchesComeInPiecesOfAtMostOneMiB) {
  const auto content = random_text(3 * kMiB + 17);
  const auto spool = spool_of(content);
  EXPECT_TRUE(read_all(*spool) == content);
  EXPECT_EQ(fetches, 4u);
  EXPECT_EQ(largest_fetch, kMiB);
}

TEST_F(SpoolTest, TruncatedDownAndUpReadsZeros) {
  const auto spool = spool_of("0123456789");
  write(*spool, 6, "abcd").value();
  spool->truncate(4, soon()).value();
  EXPECT_EQ(spool->size(), 4u);
  spool->truncate(8, soon()).value();
  EXPECT_EQ(read_all(*spool), std::string("0123\0\0\0\0", 8));
  write(*spool, 7, "x").value();
  EXPECT_EQ(read_all(*spool), std::string("0123\0\0\0x", 8));
}

TEST_F(SpoolTest, TruncationGivesBytesBack) {
  const auto spool = spool_of("");
  write(*spool, 0, std::string(1000, 'x')).value();
  EXPECT_EQ(directory->bytes_used(), 1000u);
  spool->truncate(300, soon()).value();
  EXPECT_EQ(directory->bytes_used(), 300u);
  spool->truncate(5000, soon()).value();
  EXPECT_EQ(directory->bytes_used(), 300u);
}

TEST_F(SpoolTest, TheBudgetIsSharedAndReturned) {
  open_directory(100);
  auto first = spool_of("");
  const auto second = spool_of("");
  write(*first, 0, std::string(60, 'x')).value();
  EXPECT_TRUE(fails_with(write(*second, 0, std::string(41, 'y'), at_once()), Errc::no_space));
  EXPECT_EQ(second->size(), 0u);
  EXPECT_EQ(second->generation(), 0u);
  write(*second, 0, std::string(40, 'y')).value();
  write(*first, 10, std::string(20, 'z')).value();  // nothing new
  EXPECT_EQ(directory->bytes_used(), 100u);
  first.reset();
  EXPECT_EQ(directory->bytes_used(), 40u);
}

TEST_F(SpoolTest, AWriteWaitsForRoomThatOthersGiveBack) {
  open_directory(100);
  auto first = spool_of("");
  const auto second = spool_of("");
  write(*first, 0, std::string(60, 'x')).value();
  std::atomic<bool> written = false;
  std::jthread writer([&] {
    EXPECT_TRUE(write(*second, 0, std::string(70, 'y'), OpContext::with_timeout(std::chrono::minutes(1))));
    written = true;
  });
  EXPECT_FALSE(written);
  first.reset();
  writer.join();
  EXPECT_EQ(directory->bytes_used(), 70u);
}

TEST_F(SpoolTest, AWriteDoesNotWaitForRoomThatNobodyElseHas) {
  open_directory(100);
  const auto spool = spool_of("");
  const auto other = spool_of("");
  const OpContext forever;
  write(*spool, 0, std::string(60, 'x')).value();
  EXPECT_TRUE(fails_with(write(*other, 0, std::string(101, 'y'), forever), Errc::no_space));
  EXPECT_TRUE(fails_with(write(*spool, 60, std::string(41, 'y'), forever), Errc::no_space));
}

TEST_F(SpoolTest, ReservedRoomIsTakenFromTheBudgetAndReadsAsZeros) {
  open_directory(100);
  const auto spool = spool_of("0123456789");
  ASSERT_TRUE(spool->reserve(8, 92, true, soon()));
  EXPECT_EQ(spool->size(), 100u);
  EXPECT_EQ(spool->generation(), 1u);
  EXPECT_EQ(directory->bytes_used(), 92u);
  EXPECT_EQ(fetched_bytes, 2u) << "what lies in the range";
  EXPECT_EQ(read(*spool, 0, 20), "0123456789" + std::string(10, '\0'));
  const auto other = spool_of("");
  EXPECT_TRUE(fails_with(write(*other, 0, "x", at_once()), Errc::no_space));
  EXPECT_TRUE(write(*spool, 50, std::string(50, 'x'))) << "the room is there";
}

TEST_F(SpoolTest, RoomBehindTheEndIsNoPartOfTheFile) {
  open_directory(100);
  const auto spool = spool_of("");
  write(*spool, 0, "abc").value();
  ASSERT_TRUE(spool->reserve(0, 100, false, soon()));
  EXPECT_EQ(spool->size(), 3u);
  EXPECT_EQ(spool->generation(), 1u) << "there is nothing to upload";
  EXPECT_EQ(directory->bytes_used(), 100u);
  write(*spool, 5, "f").value();
  EXPECT_EQ(read_all(*spool), std::string("abc\0\0f", 6));
  ASSERT_TRUE(spool->truncate(2, soon()));
  EXPECT_EQ(directory->bytes_used(), 2u) << "a truncation gives it back";
}

TEST_F(SpoolTest, AReservationThatDoesNotFitChangesNothing) {
  open_directory(100);
  const auto spool = spool_of("");
  write(*spool, 0, "abc").value();
  EXPECT_TRUE(fails_with(spool->reserve(0, 101, true, soon()), Errc::no_space));
  EXPECT_TRUE(fails_with(spool->zero(0, 101, true, soon()), Errc::no_space));
  EXPECT_TRUE(fails_with(spool->reserve(1, ~std::uint64_t{0}, true, soon()), Errc::file_too_large));
  EXPECT_EQ(read_all(*spool), "abc");
  EXPECT_EQ(spool->generation(), 1u);
  EXPECT_EQ(directory->bytes_used(), 3u);
}

TEST_F(SpoolTest, ZerosReplaceWhatTheServerHasWithoutFetchingIt) {
  const auto spool = spool_of("0123456789");
  ASSERT_TRUE(spool->zero(2, 3, false, soon()));
  ASSERT_TRUE(spool->zero(8, 100, false, soon())) << "as far as the file reaches";
  ASSERT_TRUE(spool->zero(20, 5, false, soon()));
  EXPECT_EQ(spool->size(), 10u);
  EXPECT_EQ(fetched_bytes, 0u);
  EXPECT_EQ(read_all(*spool), std::string("01\0\0\0"
                                          "567\0\0",
                                          10));
  ASSERT_TRUE(spool->zero(9, 3, true, soon()));
  EXPECT_EQ(spool->size(), 12u);
  EXPECT_EQ(spool->generation(), 3u);
}

TEST_F(SpoolTest, FetchedBytesCountToo) {
  open_directory(100);
  const auto spool = spool_of(std::string(150, 'x'));
  EXPECT_EQ(read(*spool, 0, 60).size(), 60u);
  EXPECT_TRUE(fails_with(read(*spool, 50, 100, soon()), Errc::no_space));
  EXPECT_TRUE(fails_with(spool->complete(soon()), Errc::no_space));
  EXPECT_EQ(directory->bytes_used(), 60u);
}

TEST_F(SpoolTest, AFailedFetchIsReportedAndCostsNothing) {
  const auto spool = spool_of("0123456789");
  during_fetch = [](auto, auto&) { return base::Status(base::fail(Errc::connection_lost, "gone")); };
  EXPECT_TRUE(fails_with(read(*spool, 0, 10, soon()), Errc::connection_lost));
  EXPECT_EQ(directory->bytes_used(), 0u);
  during_fetch = [](auto, auto&) -> base::Status { throw std::bad_alloc(); };
  EXPECT_TRUE(fails_with(read(*spool, 0, 10, soon()), Errc::internal));
  during_fetch = nullptr;
  EXPECT_EQ(read_all(*spool), "0123456789");
}

TEST_F(SpoolTest, AWriteDuringAFetchIsNotOverwritten) {
  const auto spool = spool_of("0123456789");
  during_fetch = [&](auto, auto&) { return write(*spool, 4, "ab"); };
  EXPECT_EQ(read(*spool, 0, 10), "0123ab6789");
  EXPECT_EQ(directory->bytes_used(), 10u);
}

TEST_F(SpoolTest, ATruncationDuringAFetchCutsOffWhatWasFetched) {
  const auto spool = spool_of("0123456789");
  during_fetch = [&](auto, auto&) {
    spool->truncate(3, soon()).value();
    return spool->truncate(6, soon());
  };
  EXPECT_EQ(read(*spool, 0, 10), std::string("012\0\0\0", 6));
  EXPECT_EQ(directory->bytes_used(), 3u);
}

TEST_F(SpoolTest, CompleteFetchesAllThatIsMissing) {
  const auto spool = spool_of("0123456789");
  EXPECT_TRUE(fails_with(read_local(*spool, 0, 10), Errc::internal));
  write(*spool, 2, "ab").value();
  EXPECT_EQ(read_local(*spool, 2, 2).value(), "ab");
  EXPECT_TRUE(fails_with(read_local(*spool, 2, 3), Errc::internal));
  write(*spool, 12, "z").value();
  spool->complete(soon()).value();
  EXPECT_EQ(read_local(*spool, 0, 13).value(), std::string("01ab456789\0\0z", 13));
  EXPECT_TRUE(fails_with(read_local(*spool, 0, 14), Errc::internal));
  EXPECT_EQ(fetched_bytes, 8u);
  spool->complete(soon()).value();
  EXPECT_EQ(fetched_bytes, 8u);
}

TEST_F(SpoolTest, TheDeadlineCountsAnewWithEachPiece) {
  const auto content = random_text(4 * kMiB);
  const auto spool = spool_of(content);
  base::SteadyTime previous;
  during_fetch = [&](auto, const OpContext& ctx) {
    EXPECT_GT(ctx.deadline, previous);
    previous = ctx.deadline;
    return base::Status();
  };
  spool->complete(soon()).value();
  EXPECT_EQ(fetches, 4u);
}

TEST_F(SpoolTest, GenerationCountsChanges) {
  const auto spool = spool_of("0123456789");
  EXPECT_EQ(spool->generation(), 0u);
  read_all(*spool);
  spool->complete(soon()).value();
  write(*spool, 0, "").value();
  EXPECT_EQ(spool->generation(), 0u);
  write(*spool, 0, "0").value();
  EXPECT_EQ(spool->generation(), 1u);
  spool->truncate(9, soon()).value();
  EXPECT_EQ(spool->generation(), 2u);
  spool->truncate(9, soon()).value();
  EXPECT_EQ(spool->generation(), 3u) << "it renews the time";
}

TEST_F(SpoolTest, NoFileIsLargerThanItsOffsets) {
  const auto spool = spool_of("");
  constexpr auto kLast = static_cast<std::uint64_t>(INT64_MAX);
  EXPECT_TRUE(fails_with(write(*spool, kLast, "x"), Errc::file_too_large));
  EXPECT_TRUE(fails_with(write(*spool, UINT64_MAX, "x"), Errc::file_too_large));
  EXPECT_TRUE(fails_with(spool->truncate(kLast + 1, soon()), Errc::file_too_large));
  EXPECT_EQ(directory->bytes_used(), 0u);
}

// In a process and a mount namespace of its own.
int fill_a_small_disk(const std::filesystem::path& where) {
  if (::unshare(CLONE_NEWNS) != 0) return 77;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
  if (::mount("tmpfs", where.c_str(), "tmpfs", 0, "size=64k") != 0) return 77;
  const auto directory = SpoolDirectory::open(where, 1 << 30).value();
  const auto spool = cache::Spool::create(directory, 0, nullptr).value();
  const std::string piece(48 << 10, 'x');
  if (!spool->write_at(0, bytes_of(piece), soon())) return 1;
  const auto refused = spool->write_at(40 << 10, bytes_of(piece), soon());
  if (refused || refused.error().code != Errc::no_space) return 2;
  if (spool->size() != piece.size() || spool->generation() != 1 || directory->bytes_used() != piece.size())
    return 3;
  std::string text(piece.size(), '\0');
  if (!spool->read_local(0, std::as_writable_bytes(std::span(text))) || text != piece) return 4;
  return 0;
}

TEST_F(SpoolTest, AFullDiskIsNoSpaceAndChangesNothing) {
  const auto child = ::fork();
  if (child == 0) ::_exit(fill_a_small_disk(folder.path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) {
    ASSERT_EQ(::getenv("FTPSFS_REQUIRE_ALL"), nullptr) << "needs root";
    GTEST_SKIP() << "needs root, to mount a small tmpfs";
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(SpoolTest, RandomOperationsAgreeWithAString) {
  std::mt19937 random(11);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  for (unsigned round = 0; round < 20; ++round) {
    constexpr std::size_t kLargest = 5000;
    auto model = random_text(below(kLargest), round);
    const auto spool = spool_of(model);
    const auto random_write = [&] {
      const auto offset = below(kLargest);
      const auto text = random_text(1 + below(500), static_cast<unsigned>(random()));
      if (model.size() < offset + text.size()) model.resize(offset + text.size());
      model.replace(offset, text.size(), text);
      return write(*spool, offset, text);
    };
    during_fetch = [&](auto, auto&) { return below(3) == 0 ? random_write() : base::Status(); };
    for (int i = 0; i < 300; ++i) {
      switch (below(6)) {
        case 0:
        case 1: random_write().value(); break;
        case 2: {
          const auto size = below(kLargest);
          model.resize(size);
          spool->truncate(size, soon()).value();
          break;
        }
        default: {
          const auto offset = below(kLargest);
          const auto size = below(800);
          const auto seen = read(*spool, offset, size);  // writes during its fetches may change the model
          const auto expected = offset < model.size() ? model.substr(offset, size) : "";
          ASSERT_LE(seen.size(), expected.size());
          ASSERT_TRUE(seen == expected.substr(0, seen.size())) << "round " << round << " step " << i;
        }
      }
      ASSERT_EQ(spool->size(), model.size());
    }
    spool->complete(soon()).value();
    EXPECT_TRUE(read_local(*spool, 0, model.size()).value() == model);
    EXPECT_LE(directory->bytes_used(), model.size());
  }
  EXPECT_EQ(directory->bytes_used(), 0u);
}

}  // namespace
}  // namespace ftpsfs::testing
