// Over FtpRemote, on every kind of server: what they show of a file differs before and after an upload, in a listing and
// when asked for it alone.

#include "support/ftp_stack.h"
#include "writeback_fixture.h"

namespace ftpsfs::writeback {
namespace {

class EveryServer : public ::testing::TestWithParam<testing::NamedPersonality> {
 protected:
  EveryServer() : served_(GetParam().make()) {
    auto opened = WritebackFs::open(
        served_.fs(), {.folder = folder_.path() / "journal", .most_bytes = 1 << 20, .most_uploads = 2},
        soon(), clock_);
    fs_ = std::move(opened).value();
  }

  void must_store(const std::string& text, const std::optional<model::Attributes>& replaces = {},
                  std::optional<base::SystemTime> modified = {}) {
    const remote::StoreOptions options{
        .replaces = replaces, .creates = false, .modified = modified, .mode = {}, .deferrable = true};
    auto stored = fs_->store(path_of("/file"), content_of(text), options, soon());
    ASSERT_TRUE(stored) << stored.error().describe();
    acknowledged_ = std::move(stored->attributes);
  }

  void must_settle() {
    const auto settled = fs_->settle({}, soon());
    ASSERT_TRUE(settled) << settled.error().describe();
  }

  void expect_on_server(const std::string& text) {
    EXPECT_EQ(testing::read_all(served_.fs(), path_of("/file")).value(), text);
    EXPECT_TRUE(fs_->report().conflicts.empty());
    EXPECT_TRUE(fs_->report().lost.empty());
  }

  model::Attributes listed() {
    const auto listing = fs_->list({}, soon()).value();
    for (const auto& entry : listing) {
      if (entry.name == "file") return entry.attributes;
    }
    ADD_FAILURE() << "not listed";
    return {};
  }

  testing::ServedStack served_;
  testing::TemporaryFolder folder_;
  testing::FakeClock clock_;
  std::unique_ptr<WritebackFs> fs_;
  model::Attributes acknowledged_;
};

TEST_P(EveryServer, TakesOurOwnVersionsForOurs) {
  const base::SystemTime time =
      std::chrono::sys_days{std::chrono::year{2021} / 3 / 4} + std::chrono::seconds(5);
  must_store("new");
  must_settle();
  must_store("after what was acknowledged", acknowledged_);
  must_settle();
  expect_on_server("after what was acknowledged");
  must_store("after a listing", listed(), time);
  must_settle();
  must_store("after a time was set", acknowledged_);
  must_settle();
  must_store("after a stat", fs_->stat(path_of("/file"), soon()).value());
  must_settle();
  must_store("after a look of its own");
  must_settle();
  expect_on_server("after a look of its own");
}

TEST_P(EveryServer, TellsSomebodyElsesVersion) {
  must_store("ours");
  must_settle();
  must_store("ours again", acknowledged_);
  served_.folder.write("file", "theirs, of another size");
  EXPECT_EQ(code_of(fs_->settle({}, soon())), base::Errc::stale);
  must_settle();
  EXPECT_EQ(served_.folder.read("file"), "theirs, of another size");
  const auto conflicts = fs_->report().conflicts;
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(testing::read_all(served_.fs(), conflicts[0].ours).value(), "ours again");
}

INSTANTIATE_TEST_SUITE_P(Own, EveryServer, ::testing::ValuesIn(testing::all_personalities()),
                         [](const auto& server) { return std::string(server.param.name); });

}  // namespace
}  // namespace ftpsfs::writeback
