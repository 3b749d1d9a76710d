// What the time-outs of the session settings limit, where the caller's own deadline is far away.

#include <gtest/gtest.h>

#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/upload.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;

class Deadlines : public ::testing::Test {
 protected:
  static constexpr std::chrono::milliseconds kShort{200};

  void SetUp() override {
    auto session = served_.stack.open_session();
    ASSERT_TRUE(session) << session.error().describe();
    session_ = std::move(*session);
  }

  void TearDown() override { served_.server.faults().clear(); }

  ftp::SessionSettings& settings() { return served_.stack.settings; }

  base::Result<model::Attributes> upload(const std::string& bytes) {
    return ftp::upload(*session_, at("/file"), bytes.size(), content_of(bytes).read_at, test_context());
  }

  ServedStack served_{permissive()};
  std::unique_ptr<ftp::Session> session_;
};

TEST_F(Deadlines, ReplyTimeoutLimitsTheWaitForOneCommand) {
  settings().reply_timeout = kShort;
  Fault held;
  held.hold_reply = true;
  served_.server.faults().on_command("NOOP", 1, held);
  const auto reply = session_->perform(ftp::Command::noop(), test_context());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::timed_out);
}

TEST_F(Deadlines, ReplyTimeoutLimitsTheStartOfATransfer) {
  settings().reply_timeout = kShort;
  Fault held;
  held.hold_reply = true;
  served_.server.faults().on_command("EPSV", 1, held);
  const auto transfer = session_->transfer(ftp::Command::retr(at("/file")), test_context());
  ASSERT_FALSE(transfer);
  EXPECT_EQ(transfer.error().code, Errc::timed_out);
}

TEST_F(Deadlines, DataTimeoutLimitsTheSilenceInAListing) {
  settings().data_timeout = kShort;
  served_.server.faults().on_command("MLSD", 1, Fault::stall_after(0));
  const auto entries = ftp::read_directory(*session_, at("/"), test_context());
  ASSERT_FALSE(entries);
  EXPECT_EQ(entries.error().code, Errc::timed_out);
}

TEST_F(Deadlines, DataTimeoutLimitsTheSilenceInAnUpload) {
  settings().data_timeout = kShort;
  served_.server.faults().on_command("STOR", 1, Fault::stall_after(100'000));
  const auto stored = upload(patterned_bytes(30'000'000));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::timed_out);
}

TEST_F(Deadlines, FinalReplyTimeoutLimitsTheWaitForAnUploadsLastWord) {
  settings().final_reply_timeout = kShort;
  Fault held;
  held.hold_reply = true;
  served_.server.faults().on_command("STOR", 1, held);
  const auto stored = upload("content");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::timed_out);
}

}  // namespace
}  // namespace ftpsfs::testing
