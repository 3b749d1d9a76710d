// Over FtpRemote, in a folder that takes uploads and refuses every look at them.

#include "support/ftp_stack.h"
#include "writeback_fixture.h"

namespace ftpsfs::writeback {
namespace {

class DropBox : public ::testing::Test {
 protected:
  DropBox() : served_(testing::dropbox()) {
    std::filesystem::create_directory(served_.folder.path() / "in");
    open();
  }

  void open() {
    fs_.reset();
    auto opened = WritebackFs::open(
        served_.fs(), {.folder = folder_.path() / "journal", .most_bytes = 1 << 20}, soon(), clock_);
    fs_ = std::move(opened).value();
  }

  void must_store(const std::string& text, const std::optional<model::Attributes>& replaces = {}) {
    const remote::StoreOptions options{
        .replaces = replaces, .creates = !replaces, .modified = {}, .mode = {}, .deferrable = true};
    const auto stored = fs_->store(path_of("/in/file"), content_of(text), options, soon());
    ASSERT_TRUE(stored) << stored.error().describe();
  }

  void expect_delivered(const std::string& text) {
    const auto settled = fs_->settle({}, soon());
    ASSERT_TRUE(settled) << settled.error().describe();
    EXPECT_EQ(served_.folder.read("in/file"), text);
    EXPECT_TRUE(fs_->report().conflicts.empty());
    EXPECT_TRUE(fs_->report().lost.empty());
  }

  testing::ServedStack served_;
  testing::TemporaryFolder folder_;
  testing::FakeClock clock_;
  std::unique_ptr<WritebackFs> fs_;
};

TEST_F(DropBox, TakesOneVersionAfterTheOther) {
  must_store("one");
  expect_delivered("one");
  must_store("another", fs_->stat(path_of("/in/file"), soon()).value());
  expect_delivered("another");
}

TEST_F(DropBox, TakesAVersionWhoseConfirmationWasLost) {
  must_store("one");
  served_.server.faults().on_command("STOR", 0, testing::Fault::cut(testing::CutPoint::before_final_reply));
  EXPECT_FALSE(fs_->settle({}, soon()));
  served_.server.faults().clear();
  expect_delivered("one");
}

TEST_F(DropBox, TakesWhatACrashedMountHasLeft) {
  must_store("one");
  open();
  expect_delivered("one");
}

}  // namespace
}  // namespace ftpsfs::writeback
