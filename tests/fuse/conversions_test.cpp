#include <gtest/gtest.h>

#include <csignal>
#include <limits>

#include "interrupt.h"
#include "mount_arguments.h"
#include "mount_point.h"
#include "reply_attributes.h"

namespace ftpsfs::fuse {
namespace {

using namespace std::chrono_literals;

TEST(Times, BeforeTheEpochKeepTheirNanoseconds) {
  const auto time = to_timespec(base::SystemTime(-1ns));
  EXPECT_EQ(time.tv_sec, -1);
  EXPECT_EQ(time.tv_nsec, 999'999'999);
  EXPECT_EQ(to_system_time(time), base::SystemTime(-1ns));
}

TEST(Times, OutOfRangeAreClamped) {
  std::timespec time{};
  time.tv_sec = std::numeric_limits<time_t>::max();
  EXPECT_GT(to_system_time(time), base::SystemTime(0ns));
  time.tv_sec = std::numeric_limits<time_t>::min();
  EXPECT_LT(to_system_time(time), base::SystemTime(0ns));
}

TEST(Attributes, ShowTypeOwnerAndSize) {
  const MountOptions options{.mount_point = {}, .source = {}, .kernel_options = {}, .owner = 7, .group = 8};
  const vfs::FileStatus status{
      .inode = 5, .type = model::FileType::directory, .size = 513, .modified = {}, .permissions = 01755};
  const struct stat result = to_stat(status, options);
  EXPECT_EQ(result.st_ino, 5U);
  EXPECT_EQ(result.st_mode, unsigned{S_IFDIR} | 01755U);
  EXPECT_EQ(result.st_uid, 7U);
  EXPECT_EQ(result.st_gid, 8U);
  EXPECT_EQ(result.st_blocks, 2);
  EXPECT_EQ(result.st_nlink, 1U);
}

TEST(Attributes, SizesBeyondOffTAreCut) {
  vfs::FileStatus status;
  status.size = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(to_stat(status, {}).st_size, std::numeric_limits<off_t>::max());
}

std::string status_text(const char* own, const char* shared, const char* blocked) {
  return std::string("Name:\tx\nSigPnd:\t") + own + "\nShdPnd:\t" + shared + "\nSigBlk:\t" + blocked +
         "\nSigIgn:\t0000000000000000\n";
}

TEST(Interrupts, RoutineSignalsDoNotStopAnUpload) {
  const char* const none = "0000000000000000";
  const char* const urgent = "0000000000400000";     // SIGURG
  const char* const interrupt = "0000000000000002";  // SIGINT
  const char* const both = "0000000000400002";
  EXPECT_TRUE(only_routine_signals_in_status(status_text(urgent, none, none)));
  EXPECT_TRUE(only_routine_signals_in_status(status_text(none, urgent, none)));
  EXPECT_TRUE(only_routine_signals_in_status(status_text(both, none, interrupt)));
  EXPECT_FALSE(only_routine_signals_in_status(status_text(both, none, none)));
  EXPECT_FALSE(only_routine_signals_in_status(status_text(none, interrupt, none)));
  EXPECT_FALSE(only_routine_signals_in_status(status_text(none, none, none)));
  EXPECT_FALSE(only_routine_signals_in_status("nothing"));
  EXPECT_FALSE(only_routine_signals_in_status(""));
}

TEST(MountOptions, EscapeWhatSeparatesThem) { EXPECT_EQ(escape_option("a,b\\c"), "a\\,b\\\\c"); }

TEST(FuseConf, AllowsOthersOnlyByItsOwnLine) {
  EXPECT_TRUE(allows_other("# comment\nuser_allow_other\n"));
  EXPECT_TRUE(allows_other("  user_allow_other  # yes"));
  EXPECT_FALSE(allows_other("#user_allow_other\nmount_max = 5\n"));
  EXPECT_FALSE(allows_other(""));
}

TEST(MountPoint, MustBeADirectoryThatIsThere) {
  EXPECT_EQ(check_mount_point("/does/not/exist").error().code, base::Errc::not_found);
  EXPECT_EQ(check_mount_point("/dev/null").error().code, base::Errc::not_a_directory);
  EXPECT_EQ(check_mount_point("/dev/null/x").error().code, base::Errc::not_a_directory);
  EXPECT_TRUE(check_mount_point("/tmp"));
}

}  // namespace
}  // namespace ftpsfs::fuse
