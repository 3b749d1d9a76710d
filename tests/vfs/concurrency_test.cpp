// Who waits for whom, who does not, and until when.

#include "vfs_fixture.h"

namespace ftpsfs::vfs {

class Stalled : public VfsTest {
 protected:
  // Starts a flush that stalls in the server.
  std::jthread stall_flush(HandleId file) {
    server.block(Operation::store);
    std::jthread flusher([this, file] { EXPECT_OK(vfs->flush(file, ctx)); });
    server.wait_until_blocked(Operation::store, 1);
    return flusher;
  }
};

TEST_F(Stalled, UploadDoesNotHoldUpOtherFiles) {
  server.put_file("/other", "content");
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "data"));
  const auto flusher = stall_flush(file);
  EXPECT_EQ(status_at("/other").size, 7u);
  EXPECT_EQ(read(open("/other")), "content");
  EXPECT_EQ(list(kRootInode).size(), 2u);
  EXPECT_OK(vfs->make_directory(kRootInode, "folder", 0755, ctx));
  server.release(Operation::store);
}

TEST_F(Stalled, SettingOfTheFirstPermissionsShowsThemAllTheWhile) {
  server.store_contents_only();
  const HandleId file = create("file", 0755);
  ASSERT_OK(write(file, 0, "data"));
  server.block(Operation::set_mode);
  const std::jthread flusher([this, file] { EXPECT_OK(vfs->flush(file, ctx)); });
  server.wait_until_blocked(Operation::set_mode, 1);
  EXPECT_EQ(status_at("/file").permissions, 0755U);
  server.release(Operation::set_mode);
}

TEST_F(Stalled, UploadDoesNotHoldUpReadsWritesAndStatusOfTheSameFile) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "data"));
  auto flusher = stall_flush(file);
  EXPECT_EQ(status_at("/file").size, 4u);
  EXPECT_EQ(read(open("/file")), "data");
  ASSERT_OK(write(file, 4, " more"));
  EXPECT_EQ(read(file), "data more");
  server.release(Operation::store);
  flusher.join();
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/file"), "data more");
}

TEST_F(Stalled, UploadIsAwaitedByAnotherFlushWhichThenFindsNothingToDo) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "data"));
  auto first = stall_flush(file);
  std::jthread second([this, file] { EXPECT_OK(vfs->fsync(file, ctx)); });
  server.release(Operation::store);
  first.join();
  second.join();
  EXPECT_EQ(calls(Operation::store), 1u);
}

TEST_F(Stalled, UploadIsAwaitedNoLongerThanTheDeadlineOrAStop) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "data"));
  const auto flusher = stall_flush(file);
  const auto hurried = OpContext::with_timeout(std::chrono::milliseconds(20));
  EXPECT_EQ(error_of(vfs->fsync(file, hurried)), Errc::timed_out);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = OpContext::with_timeout(std::chrono::seconds(60), stop.get_token());
  EXPECT_EQ(error_of(vfs->remove_file(kRootInode, "file", stopped)), Errc::cancelled);
  EXPECT_EQ(error_of(vfs->rename(kRootInode, "file", kRootInode, "new", RenameMode::replace, hurried)),
            Errc::timed_out);
  server.release(Operation::store);
}

TEST_F(Stalled, FlushThatIsCancelledKeepsTheData) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "data"));
  server.block(Operation::store);
  std::stop_source stop;
  const auto stoppable = OpContext::with_timeout(std::chrono::seconds(60), stop.get_token());
  Errc code = Errc::internal;
  std::jthread flusher([&] { code = error_of(vfs->flush(file, stoppable)); });
  server.wait_until_blocked(Operation::store, 1);
  stop.request_stop();
  flusher.join();
  EXPECT_EQ(code, Errc::cancelled);
  EXPECT_EQ(read(file), "data");
  server.release(Operation::store);
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/file"), "data");
}

TEST_F(Stalled, UploadIsFinishedBeforeItsDirectoryIsRenamed) {
  server.put_directory("/folder");
  const auto file = vfs->create(inode_of("/folder"), "file", 0644, {.write = true}, ctx);
  ASSERT_OK(file);
  ASSERT_OK(write(file->file.handle, 0, "data"));
  auto flusher = stall_flush(file->file.handle);
  std::jthread renamer(
      [this] { EXPECT_OK(vfs->rename(kRootInode, "folder", kRootInode, "new", RenameMode::replace, ctx)); });
  EXPECT_EQ(calls(Operation::rename), 0u);
  server.release(Operation::store);
  renamer.join();
  EXPECT_EQ(server.content("/new/file"), "data");
}

TEST_F(Stalled, RenameMakesAStatusOfTheFileWaitInsteadOfDenyingIt) {
  server.put_file("/old", "content");
  const InodeId inode = inode_of("/old");
  let_snapshots_expire();
  server.block(Operation::rename);  // done on the server, not yet answered
  std::jthread renamer(
      [this] { EXPECT_OK(vfs->rename(kRootInode, "old", kRootInode, "new", RenameMode::replace, ctx)); });
  server.wait_until_blocked(Operation::rename, 1);
  const std::size_t asked = calls(Operation::stat) + calls(Operation::list);
  std::jthread program([&] { EXPECT_EQ(status_of(inode).size, 7u); });
  while (calls(Operation::stat) + calls(Operation::list) == asked) std::this_thread::yield();
  server.release(Operation::rename);
}

TEST_F(Stalled, TruncationOfAnEmptyFileDuringItsUploadRenewsItsTime) {
  const HandleId file = create("file");
  ASSERT_OK(vfs->set_status(inode_of("/file"), {.modified = base::SystemTime()}, ctx));
  {
    const auto flusher = stall_flush(file);
    ASSERT_OK(vfs->set_status(inode_of("/file"), {.size = 0}, ctx));
    server.release(Operation::store);
  }
  EXPECT_GT(status_at("/file").modified, base::SystemTime());
  ASSERT_OK(close(file));
  EXPECT_GT(status_at("/file").modified, base::SystemTime());
  EXPECT_EQ(calls(Operation::store), 2u);
}

TEST_F(Stalled, TruncationDuringAnUploadMakesItStartAgain) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, std::string(1 << 20, 'x')));
  std::jthread truncator([&] {
    for (std::uint64_t size = 1 << 20; size > 0; size /= 2) {
      EXPECT_OK(vfs->set_status(inode_of("/file"), {.size = size}, ctx));
    }
  });
  for (int i = 0; i < 20; ++i) {
    const auto flushed = vfs->fsync(file, ctx);
    EXPECT_TRUE(flushed || flushed.error().code == Errc::busy) << flushed.error().describe();
  }
  truncator.join();
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/file"), "x");
}

}  // namespace ftpsfs::vfs
