#include "ftpsctl_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace ftpsfs::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FtpsctlText : public ::testing::Test {
 protected:
  FtpsctlText() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    status_.mount_point = "/mnt/a b";
    status_.source = "ftpes://me@host/";
    status_.since = base::SystemTime(std::chrono::seconds(1'700'000'000));
    status_.writeback = true;
  }
  ~FtpsctlText() override {
    ::unsetenv("TZ");
    ::tzset();
  }

  void let_wait(const std::string& path, std::uint64_t size, std::uint64_t failures = 0,
                const std::string& error = {}, bool uploading = false) {
    status_.waiting_files.push_back(
        {.path = path, .size = size, .uploading = uploading, .failures = failures, .last_error = error});
    ++status_.waiting.files;
    status_.waiting.bytes += size;
  }

  void lose(const std::string& path) {
    status_.lost_files.push_back({.path = path,
                                  .kept = "/cache/lost" + path,
                                  .reason = "550 no\x1b[31m",
                                  .when = base::SystemTime(std::chrono::seconds(1'600'000'000))});
    ++status_.lost;
  }

  control::MountStatus status_;
};

TEST_F(FtpsctlText, SizesHaveAUnit) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1), "1 byte");
  EXPECT_EQ(size_text(999), "999 bytes");
  EXPECT_EQ(size_text(1000), "1.0 kB");
  EXPECT_EQ(size_text(999'949), "999.9 kB");
  EXPECT_EQ(size_text(999'950), "1.0 MB");
  EXPECT_EQ(size_text(12'400'000), "12.4 MB");
  EXPECT_EQ(size_text(UINT64_MAX), "18.4 EB");
  EXPECT_EQ(remaining_text({.files = 3, .bytes = 12'400'000}), "3 files, 12.4 MB");
  EXPECT_EQ(remaining_text({.files = 1, .bytes = 5}), "1 file, 5 bytes");
}

TEST_F(FtpsctlText, StatusOfAMountWithNothingToDo) {
  status_.fetched = {.bytes = 1'500, .unused = 20};
  EXPECT_EQ(status_text(status_),
            "/mnt/a b: ftpes://me@host/\n"
            "mounted since 2023-11-14 22:13:20\n"
            "write-back: on\n"
            "read from the server: 1.5 kB, of which 20 bytes for nothing\n"
            "nothing waits for upload\n"
            "Files that programs still have open are not counted.\n");
  status_.writeback = false;
  EXPECT_THAT(status_text(status_),
              HasSubstr("write-back: off; a file is on the server when close has returned"));
}

TEST_F(FtpsctlText, StatusListsWhatWaitsAndWhatIsLost) {
  let_wait("/a", 5);
  let_wait("/b", 1'500, 1, "no room", true);
  let_wait("/c", 0, 2, "no\nroom");
  let_wait("/d", 1, 0, "", true);
  lose("/x\n");
  const auto text = status_text(status_);
  EXPECT_THAT(text, HasSubstr("waiting for upload: 4 files, 1.5 kB\n"
                              "  /a (5 bytes)\n"
                              "  /b (1.5 kB, 1 failed attempt, being uploaded again: no room)\n"
                              "  /c (0 bytes, 2 failed attempts: no\\x0aroom)\n"
                              "  /d (1 byte, being uploaded)\n"
                              "lost+found, not taken by the server: 1 file\n"
                              "  /x\\x0a (2020-09-13 12:26:40: 550 no\\x1b[31m)\n"
                              "    kept as /cache/lost/x\\x0a\n"));
  EXPECT_THAT(text, Not(HasSubstr("nothing waits")));
}

TEST_F(FtpsctlText, StatusListsTwentyAtMost) {
  for (int i = 0; i < 20; ++i) let_wait("/file", 1);
  EXPECT_THAT(status_text(status_), Not(HasSubstr("more")));
  status_.waiting.files = 50'000;  // more than were listed by the mount
  EXPECT_THAT(status_text(status_), HasSubstr("and 49980 more (ftpsctl status --json lists up to 10000)"));
}

TEST_F(FtpsctlText, FlushSaysWhatHasNotReachedTheServer) {
  EXPECT_EQ(flush_text({.error = "", .status = status_}), "Everything that was closed is on the server.\n");
  status_.writeback = false;
  EXPECT_THAT(flush_text({.error = "", .status = status_}), HasSubstr("this mount defers nothing"));
  let_wait("/a", 5, 1, "no room");
  EXPECT_EQ(flush_text({.error = "no\nroom", .status = status_}),
            "Not everything has reached the server: no\\x0aroom\n"
            "What waits is kept, and tried again.\n"
            "waiting for upload: 1 file, 5 bytes\n"
            "  /a (5 bytes, 1 failed attempt: no room)\n");
}

TEST_F(FtpsctlText, FlushSaysWhatIsLost) {
  lose("/x");
  const auto text = flush_text({.error = "", .status = status_});
  EXPECT_THAT(text, HasSubstr("Not everything has reached the server"));
  EXPECT_THAT(text, HasSubstr("kept as /cache/lost/x"));
}

}  // namespace
}  // namespace ftpsfs::app
