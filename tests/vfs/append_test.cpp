// What is added to a file goes to the server alone: the rest stays where it is.

#include "vfs_fixture.h"

namespace ftpsfs::vfs {

class Append : public VfsTest {
 protected:
  Append() { server.put_file("/log", old_content); }

  HandleId open_to_append() { return open("/log", {.write = true, .append = true}); }
  base::Status append(HandleId file, std::string_view text) { return write(file, 0, text); }

  const std::string old_content = std::string(1 << 20, 'o');
};

TEST_F(Append, SendsTheEndAndFetchesNothing) {
  const HandleId file = open_to_append();
  ASSERT_OK(append(file, "more"));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/log"), old_content + "more");
  EXPECT_EQ(status_at("/log").size, old_content.size() + 4);
  EXPECT_EQ(calls(Operation::append), 1u);
  EXPECT_EQ(calls(Operation::store), 0u);
  EXPECT_EQ(calls(Operation::open_read), 0u);
}

TEST_F(Append, FetchesNothingHoweverOftenItIsSynced) {
  const HandleId file = open_to_append();
  for (const auto* const text : {"a", "b", "c"}) {
    ASSERT_OK(append(file, text));
    ASSERT_OK(vfs->fsync(file, ctx));
  }
  EXPECT_EQ(server.content("/log"), old_content + "abc");
  EXPECT_EQ(calls(Operation::append), 3u);
  EXPECT_EQ(calls(Operation::open_read), 0u);
}

TEST_F(Append, BehindAHoleSendsTheHole) {
  const HandleId file = open("/log", {.write = true});
  ASSERT_OK(write(file, old_content.size() + 2, "more"));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/log"), old_content + std::string(2, '\0') + "more");
  EXPECT_EQ(calls(Operation::append), 1u);
}

TEST_F(Append, OfTextThatIsReadBackBeforeItIsSaved) {
  const HandleId file = open("/log", {.read = true, .write = true, .append = true});
  ASSERT_OK(append(file, "more"));
  EXPECT_EQ(read(file, old_content.size() - 1), "omore");
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/log"), old_content + "more");
}

TEST_F(Append, ToAFileThatIsChangedElsewhereUploadsItWhole) {
  const HandleId file = open("/log", {.write = true});
  ASSERT_OK(write(file, old_content.size(), "more"));
  ASSERT_OK(write(file, 0, "new"));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/log"), "new" + old_content.substr(3) + "more");
  EXPECT_EQ(calls(Operation::append), 0u);
}

TEST_F(Append, AfterATruncationUploadsItWhole) {
  const HandleId file = open_to_append();
  ASSERT_OK(vfs->set_status(inode_of("/log"), {.size = 3}, ctx));
  ASSERT_OK(append(file, std::string(old_content.size(), 'n')));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/log"), "ooo" + std::string(old_content.size(), 'n'));
  EXPECT_EQ(calls(Operation::append), 0u);
}

TEST_F(Append, ChangesThatWereSavedDoNotCountAnyMore) {
  const HandleId file = open("/log", {.write = true});
  ASSERT_OK(write(file, 0, "new"));
  ASSERT_OK(vfs->fsync(file, ctx));
  ASSERT_OK(write(file, old_content.size(), "more"));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/log"), "new" + old_content.substr(3) + "more");
}

TEST_F(Append, ThatStopsHalfWayIsMadeGoodByAWholeUpload) {
  server.leave_appends_after(2);
  const HandleId file = open_to_append();
  ASSERT_OK(append(file, "more"));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/log"), old_content + "more");
  EXPECT_EQ(calls(Operation::append), 1u);
  EXPECT_EQ(calls(Operation::store), 1u);
}

TEST_F(Append, WhoseAnswerIsLostIsReportedAndThenSavedOnce) {
  const HandleId file = open_to_append();
  ASSERT_OK(append(file, "more"));
  server.lose_next_answer(Operation::append);
  EXPECT_EQ(error_of(vfs->fsync(file, ctx)), Errc::connection_lost);
  ASSERT_OK(append(file, "!"));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/log"), old_content + "more!");
}

TEST_F(Append, WhoseOutcomeCannotBeAskedForKeepsTheData) {
  server.leave_appends_after(2);
  const HandleId file = open_to_append();
  ASSERT_OK(append(file, "more"));
  server.lose_next_answer(Operation::append);
  EXPECT_EQ(error_of(vfs->fsync(file, ctx)), Errc::connection_lost);
  server.fail_next(Operation::stat, Errc::unreachable);
  EXPECT_EQ(error_of(vfs->fsync(file, ctx)), Errc::unreachable);
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/log"), old_content + "more");
}

TEST_F(Append, ToAFileThatSomebodyElseHasReplacedIsStale) {
  const HandleId file = open_to_append();
  ASSERT_OK(append(file, "more"));
  server.put_file("/log", "theirs");
  EXPECT_EQ(error_of(vfs->fsync(file, ctx)), Errc::stale);
  EXPECT_EQ(server.content("/log"), "theirs");
}

TEST_F(Append, IsAnotherOneWhenItIsMadeDuringTheUpload) {
  const HandleId file = open_to_append();
  ASSERT_OK(append(file, "more"));
  server.block(Operation::append);
  {
    const std::jthread flusher([&] { EXPECT_OK(vfs->flush(file, ctx)); });
    server.wait_until_blocked(Operation::append, 1);
    ASSERT_OK(append(file, "!"));
    server.release(Operation::append);
  }
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/log"), old_content + "more!");
  EXPECT_EQ(calls(Operation::append), 2u);
  EXPECT_EQ(calls(Operation::open_read), 0u);
}

}  // namespace ftpsfs::vfs
