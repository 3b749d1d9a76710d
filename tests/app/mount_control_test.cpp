// A mount's side of the control socket, asked by ftpsctl's.

#include "mount_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <semaphore>
#include <thread>

#include "app/redirected.h"
#include "ftpsctl_flush.h"
#include "ftpsctl_status.h"
#include "ftpsfs/app/ftpsctl.h"
#include "ftpsfs/base/log.h"
#include "support/temporary_folder.h"

namespace ftpsfs::app {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using base::OpContext;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto kPatience = 30s;

class MountControlTest : public ::testing::Test {
 protected:
  MountControlTest() {
    config_.source = *parse_source("ftpes://me@host/dir", std::nullopt);
    config_.mount_point = "/mnt";
    address_.mount.mount_point = "/mnt";
    address_.mount.user = ::geteuid();
    address_.sockets = {folder_.path() / "ftpsfs" / "0-57.sock"};
  }

  WritebackAccess writeback() {
    return {.report = [this] { return report_; },
            .settle = [this](const OpContext& ctx) { return settle_(ctx); }};
  }

  void serve(std::optional<WritebackAccess> access) {
    auto server =
        control::Server::open(address_.sockets[0], mount_handlers(config_, std::move(access), counters_));
    ASSERT_TRUE(server) << server.error().describe();
    server_ = std::move(*server);
  }

  void let_wait(const char* path, std::uint64_t size) {
    report_.waiting.push_back({.path = *model::RemotePath::parse(path), .size = size, .last_error = {}});
    report_.waiting_bytes += size;
  }

  void lose(const char* path) {
    report_.lost.push_back({.path = path, .kept = "/kept/x", .reason = "refused", .when = {}});
  }

  template <class Task>
  std::string output_of(const Task& task) const {
    {
      const Redirected redirected((folder_.path() / "output").c_str());
      task();
    }
    return folder_.read("output");
  }

  // What it prints; `status` is the exit status.
  std::string flush(int status, const OpContext& ctx = OpContext::with_timeout(kPatience)) const {
    return output_of([&] { EXPECT_EQ(flush_mount(address_, ctx), status); });
  }

  std::string show(int status, bool json = false) const {
    return output_of([&] { EXPECT_EQ(show_status(address_, json), status); });
  }

  testing::TemporaryFolder folder_;
  MountConfig config_;
  MountAddress address_;
  const SharedCounters counters_ = std::make_shared<remote::FetchCounters>();
  writeback::Report report_;
  std::function<base::Status(const OpContext&)> settle_ = [](const OpContext&) { return base::Status(); };
  std::unique_ptr<control::Server> server_;
};

// Until the caller gives up.
base::Status settle_for_ever(const OpContext& ctx) {
  std::binary_semaphore stopped(0);
  const std::stop_callback on_stop(ctx.stop, [&] { stopped.release(); });
  stopped.acquire();
  return base::fail(Errc::cancelled, "interrupted");
}

TEST_F(MountControlTest, TellsWhatWaitsAndWhatIsLost) {
  let_wait("/docs/a.txt", 2'000);
  serve(writeback());
  EXPECT_THAT(show(0), AllOf(HasSubstr("/mnt: ftpes://me@host/dir\n"), HasSubstr("write-back: on"),
                             HasSubstr("waiting for upload: 1 file, 2.0 kB\n  /docs/a.txt (2.0 kB)\n")));
  lose("/docs/b.txt");
  const auto json = control::parse_status(show(kExitControlNotAll, true));
  ASSERT_TRUE(json) << json.error().describe();
  EXPECT_EQ(json->mount_point, "/mnt");
  EXPECT_GT(json->since, base::SystemTime(std::chrono::years(50)));
  EXPECT_EQ(json->waiting.bytes, 2'000U);
  ASSERT_EQ(json->lost_files.size(), 1U);
  EXPECT_EQ(json->lost_files[0].kept, "/kept/x");
}

TEST_F(MountControlTest, WithoutWritebackNothingWaits) {
  serve(std::nullopt);
  EXPECT_THAT(show(0), AllOf(HasSubstr("write-back: off"), HasSubstr("nothing waits")));
  EXPECT_THAT(flush(0), HasSubstr("this mount defers nothing"));
}

TEST_F(MountControlTest, TellsHowMuchWasFetchedForNothing) {
  serve(std::nullopt);
  counters_->fetched(2'000);
  counters_->unused(500);
  EXPECT_THAT(show(0), HasSubstr("read from the server: 2.0 kB, of which 500 bytes for nothing\n"));
}

TEST_F(MountControlTest, FlushWaitsForEverything) {
  let_wait("/a", 5);
  settle_ = [this](const OpContext&) {
    report_ = {};
    return base::Status();
  };
  // The report changes under settle(), and the progress of a flush would read it from another thread.
  auto access = writeback();
  access.report = [] { return writeback::Report(); };
  serve(std::move(access));
  EXPECT_EQ(flush(0), "Everything that was closed is on the server.\n");
  EXPECT_TRUE(report_.waiting.empty());
}

TEST_F(MountControlTest, FlushTellsProgress) {
  let_wait("/a", 5);
  std::binary_semaphore told(0);
  settle_ = [&](const OpContext&) {
    EXPECT_TRUE(told.try_acquire_for(kPatience)) << "no progress meanwhile";
    return base::Status();
  };
  serve(writeback());
  const auto answer =
      ask_mount(address_, "flush", OpContext::with_timeout(kPatience), [&](std::string_view json) {
        const auto left = control::parse_remaining(json);
        ASSERT_TRUE(left) << left.error().describe();
        EXPECT_EQ(left->files, 1U);
        EXPECT_EQ(left->bytes, 5U);
        told.release();
      });
  EXPECT_TRUE(answer) << answer.error().describe();
}

TEST_F(MountControlTest, FlushSaysWhyNotEverythingIsThere) {
  let_wait("/a", 5);
  settle_ = [](const OpContext&) { return base::fail(Errc::no_space, "no room for /a", "452 full"); };
  serve(writeback());
  EXPECT_THAT(flush(kExitControlNotAll),
              AllOf(HasSubstr("Not everything has reached the server"), HasSubstr("no room for /a"),
                    HasSubstr("452 full"), HasSubstr("kept"), HasSubstr("  /a (5 bytes)")));
}

TEST_F(MountControlTest, FlushIsNoSuccessAsLongAsSomethingIsLost) {
  lose("/docs/b.txt");
  serve(writeback());
  EXPECT_THAT(flush(kExitControlNotAll), HasSubstr("kept as /kept/x"));
}

TEST_F(MountControlTest, FlushEndsWhenTheTimeIsUp) {
  let_wait("/a", 5);
  settle_ = settle_for_ever;
  serve(writeback());
  EXPECT_THAT(flush(kExitControlNotAll, OpContext::with_timeout(50ms)),
              AllOf(HasSubstr("the time is up (--timeout)"), HasSubstr("  /a (5 bytes)")));
}

TEST_F(MountControlTest, FlushThatIsInterruptedLeavesTheMountAlone) {
  let_wait("/a", 5);
  std::stop_source user;
  settle_ = [&](const OpContext& ctx) {
    user.request_stop();
    return settle_for_ever(ctx);
  };
  serve(writeback());
  EXPECT_THAT(flush(kExitControlNotAll, {.stop = user.get_token()}),
              HasSubstr("The mount goes on uploading"));
  EXPECT_THAT(show(0), HasSubstr("/a (5 bytes)"));
}

TEST_F(MountControlTest, FlushOfAMountThatEndsIsNoSuccess) {
  std::jthread ends;
  settle_ = [&](const OpContext& ctx) {
    ends = std::jthread([this] { server_.reset(); });
    return settle_for_ever(ctx);
  };
  serve(writeback());
  EXPECT_EQ(flush(kExitControlUnreachable), "");
}

TEST_F(MountControlTest, AMountThatHasEndedCannotBeAsked) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(show(kExitControlUnreachable), "");
  EXPECT_EQ(flush(kExitControlUnreachable), "");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("fusermount3 -u /mnt"));
}

TEST_F(MountControlTest, SaysWhenItsAnswerCannotBeWritten) {
  serve(std::nullopt);
  const Redirected redirected("/dev/full");
  EXPECT_EQ(show_status(address_, false), kExitControlOutput);
  EXPECT_EQ(flush_mount(address_, OpContext::with_timeout(kPatience)), kExitControlOutput);
}

TEST_F(MountControlTest, ASocketThatCannotBeMadeIsNoFailure) {
  ASSERT_TRUE(base::configure_logging(base::LogTarget::standard_error, "warn"));
  config_.mount_point = "/proc";  // no ftpsfs mount
  ::testing::internal::CaptureStderr();
  {
    const MountControl control(config_, std::nullopt, counters_);
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("ftpsctl cannot ask this mount"));
}

}  // namespace
}  // namespace ftpsfs::app
