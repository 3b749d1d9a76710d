#include <fmt/format.h>

#include <random>
#include <thread>
#include <vector>

#include "writeback_fixture.h"

namespace ftpsfs::writeback {
namespace {

class WritebackThreads : public WritebackTest {
 protected:
  // Any change of any of three files, by any thread, while others look, settle and upload.
  void change_something(std::mt19937& random) {
    const auto number = [&](int below) { return std::uniform_int_distribution(0, below - 1)(random); };
    const auto path = fmt::format("/d/{}", number(3));
    const auto other = path_of(fmt::format("/d/{}", number(3)));
    switch (number(8)) {
      case 0: static_cast<void>(fs().remove_file(path_of(path), soon())); break;
      case 1: static_cast<void>(fs().rename(path_of(path), other, soon())); break;
      case 2: static_cast<void>(fs().set_mode(path_of(path), 0600, soon())); break;
      case 3: EXPECT_TRUE(settle(path)); break;
      case 4: static_cast<void>(fs().report()); break;
      case 5: EXPECT_LE(names("/d").size(), 3u); break;
      default: EXPECT_TRUE(store(path, std::string(static_cast<std::size_t>(number(30)), 'x')));
    }
  }
};

TEST_F(WritebackThreads, WorkOnTheSameFilesAtTheSameTime) {
  remote_.put_directory("/d");
  options_.delay = std::chrono::milliseconds(0);
  options_.most_uploads = 3;
  open(100);
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 1; seed <= 4; ++seed) {
      threads.emplace_back([this, seed] {
        std::mt19937 random(seed);
        for (int i = 0; i < 200; ++i) change_something(random);
      });
    }
  }
  ASSERT_TRUE(settle());
  const auto report = fs().report();
  EXPECT_TRUE(report.waiting.empty());
  EXPECT_TRUE(report.conflicts.empty());
  EXPECT_TRUE(report.lost.empty());
  EXPECT_EQ(report.waiting_bytes, 0u);
  EXPECT_FALSE(WritebackFs::has_waiting(journal()));
}

TEST_F(WritebackThreads, BesideTheOthersUploadShortFilesOnly) {
  options_.delay = std::chrono::milliseconds(0);
  options_.most_uploads = 1;
  options_.more_short_uploads = 1;
  remote_.block(Operation::store);
  open(10 << 20);
  const std::string long_text(1 << 20, 'x');
  for (const auto* path : {"/long 1", "/long 2", "/long 3"}) ASSERT_TRUE(store(path, long_text));
  remote_.wait_until_blocked(Operation::store, 1);
  ASSERT_TRUE(store("/short", "x"));
  remote_.wait_until_blocked(Operation::store, 2);
  std::size_t uploading = 0;
  for (const auto& file : fs().report().waiting) uploading += file.uploading ? file.size : 0;
  EXPECT_EQ(uploading, long_text.size() + 1);
  remote_.release(Operation::store);
  EXPECT_TRUE(settle());
}

TEST_F(WritebackThreads, ThatWaitForTheSameFilesAllSeeThemSettled) {
  open();
  for (const auto* path : {"/a", "/b"}) ASSERT_TRUE(store(path, path));
  remote_.block(Operation::store);
  std::vector<std::jthread> settlers;
  for (int i = 0; i < 3; ++i) settlers.emplace_back([this] { EXPECT_TRUE(settle()); });
  remote_.wait_until_blocked(Operation::store, 1);
  remote_.release(Operation::store);
  settlers.clear();
  EXPECT_EQ(stores(), 2u);
}

}  // namespace
}  // namespace ftpsfs::writeback
