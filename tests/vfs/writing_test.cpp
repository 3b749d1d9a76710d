// Open, read, write, flush, release.

#include "vfs_fixture.h"

namespace ftpsfs::vfs {

class Open : public VfsTest {};
class Read : public VfsTest {};
class Write : public VfsTest {};
class Flush : public VfsTest {};
class Fsync : public VfsTest {};
class Release : public VfsTest {};
class FlushAll : public VfsTest {};

TEST_F(Open, SeesWhatAnotherClientWroteBefore) {
  server.put_file("/file", "old");
  ASSERT_OK(close(open("/file")));
  server.put_file("/file", "brand new");
  EXPECT_EQ(read(open("/file")), "brand new");
}

TEST_F(Open, KeepsThePagesOnlyOfTheSameVersion) {
  server.put_file("/file", "old");
  const InodeId inode = inode_of("/file");
  EXPECT_FALSE(vfs->open(inode, {}, ctx)->keep_page_cache);
  EXPECT_TRUE(vfs->open(inode, {}, ctx)->keep_page_cache);
  server.put_file("/file", "longer");
  EXPECT_FALSE(vfs->open(inode, {}, ctx)->keep_page_cache);
}

TEST_F(Open, KeepsThePagesOfWhatThisMountWrote) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "mine"));
  ASSERT_OK(close(file));
  EXPECT_TRUE(vfs->open(inode_of("/file"), {}, ctx)->keep_page_cache);
}

TEST_F(Open, DoesNotAskTheServerAboutUnsavedData) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "unsaved"));
  const std::size_t asked = calls(Operation::stat);
  EXPECT_EQ(read(open("/file")), "unsaved");
  EXPECT_EQ(calls(Operation::stat), asked);
}

TEST_F(Open, OfAFileThatIsGoneFails) {
  server.put_file("/file", "x");
  const InodeId inode = inode_of("/file");
  server.erase("/file");
  EXPECT_EQ(error_of(vfs->open(inode, {}, ctx)), Errc::not_found);
}

TEST_F(Open, WithTruncateEmptiesTheFileAtTheFlushWithoutFetchingIt) {
  server.put_file("/file", "0123456789");
  const HandleId file = open("/file", {.write = true, .truncate = true});
  EXPECT_EQ(status_at("/file").size, 0u);
  EXPECT_EQ(server.content("/file"), "0123456789");
  EXPECT_OK(close(file));
  EXPECT_EQ(server.content("/file"), "");
  EXPECT_EQ(calls(Operation::open_read), 0u);
}

TEST_F(Open, WithTruncateEmptiesAFileThatGrewUnseen) {
  server.put_file("/file", "");
  const InodeId inode = inode_of("/file");
  server.put_file("/file", "somebody's");
  const auto file = vfs->open(inode, {.write = true, .truncate = true}, ctx);
  ASSERT_OK(file);
  EXPECT_OK(close(file->handle));
  EXPECT_EQ(server.content("/file"), "");
}

TEST_F(Read, NeverMixesTwoVersions) {
  server.put_file("/file", "one");
  const HandleId before = open("/file");
  server.put_file("/file", "another");
  const HandleId after = open("/file");
  EXPECT_EQ(read(after), "another");
  EXPECT_EQ(error_of(try_read(before)), Errc::stale);
}

TEST_F(Read, HereAndThereNeedsTheServerOnlyOnce) {
  remount({.copies = cache::LocalCopiesOptions{}});
  constexpr std::uint64_t kMiB = 1 << 20;
  std::string content;
  for (int i = 0; i < 8; ++i) content += std::string(kMiB, static_cast<char>('a' + i));
  server.put_file("/file", content);
  const HandleId reader = open("/file");
  for (const std::uint64_t mib : {7U, 1U, 5U, 3U})
    EXPECT_EQ(read(reader, mib * kMiB, 1), content.substr(mib * kMiB, 1));
  for (std::size_t before = 0; before != calls(Operation::open_read);) {
    before = calls(Operation::open_read);
    EXPECT_EQ(read(reader, 7 * kMiB, 1), "h");
    EXPECT_EQ(read(reader, 0, 1), "a");
  }
  const HandleId writer = open_to_write("/file");
  EXPECT_OK(write(writer, 3 * kMiB, "new"));
  EXPECT_OK(close(writer));
  EXPECT_EQ(server.content("/file"), content.replace(3 * kMiB, 3, "new"));
  EXPECT_EQ(read(reader, 3 * kMiB - 1, 5), "cnewd");
  EXPECT_OK(close(reader));
}

TEST_F(Read, OfAFileSavedByAnotherHandleGoesOn) {
  server.put_file("/file", "old content");
  const HandleId reader = open("/file");
  EXPECT_EQ(read(reader, 0, 3), "old");
  const HandleId writer = open_to_write("/file");
  ASSERT_OK(write(writer, 0, "NEW"));
  EXPECT_EQ(read(reader), "NEW content");
  ASSERT_OK(close(writer));
  EXPECT_EQ(spools->bytes_used(), 0u);
  EXPECT_EQ(read(reader), "NEW content");
}

TEST_F(Write, AnywhereLeavesTheRestOfTheFile) {
  server.put_file("/file", "0123456789");
  const HandleId file = open_to_write("/file");
  ASSERT_OK(write(file, 3, "xx"));
  ASSERT_OK(write(file, 12, "yy"));
  EXPECT_EQ(read(file), std::string("012xx56789\0\0yy", 14));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/file"), std::string("012xx56789\0\0yy", 14));
}

TEST_F(Write, OfTwoHandlesGoesToOneFile) {
  const HandleId one = create("file");
  const HandleId two = open_to_write("/file");
  ASSERT_OK(write(one, 0, "first"));
  ASSERT_OK(write(two, 5, " second"));
  EXPECT_EQ(read(one), "first second");
  ASSERT_OK(close(one));
  EXPECT_EQ(server.content("/file"), "first second");
  ASSERT_OK(write(two, 12, " third"));
  ASSERT_OK(close(two));
  EXPECT_EQ(server.content("/file"), "first second third");
}

TEST_F(Write, AppendsOfManyHandlesDoNotOverwriteEachOther) {
  server.put_file("/file", "");
  constexpr int kLines = 50;
  {
    std::vector<std::jthread> programs;
    for (const std::string_view line : {"aaaa\n", "bbbb\n", "cccc\n"}) {
      const HandleId file = open("/file", {.write = true, .append = true});
      programs.emplace_back([this, file, line] {
        for (int i = 0; i < kLines; ++i) EXPECT_OK(write(file, 0, line));
        EXPECT_OK(close(file));
      });
    }
  }
  const std::string content = *server.content("/file");
  EXPECT_EQ(content.size(), 3u * kLines * 5);
  for (std::size_t i = 0; i < content.size(); i += 5)
    EXPECT_EQ(content.substr(i, 4), std::string(4, content[i]));
}

TEST_F(Write, NeedsAHandleThatIsOpenForIt) {
  server.put_file("/file", "x");
  EXPECT_EQ(error_of(write(open("/file"), 0, "y")), Errc::invalid_argument);
  EXPECT_EQ(error_of(write(999, 0, "y")), Errc::invalid_argument);
}

TEST_F(Write, ToAFileThatAnotherClientReplacedIsStale) {
  server.put_file("/file", "one");
  const HandleId file = open_to_write("/file");
  server.put_file("/file", "another");
  open("/file");
  EXPECT_EQ(error_of(write(file, 0, "x")), Errc::stale);
  EXPECT_OK(close(file));
  EXPECT_EQ(server.content("/file"), "another");
}

TEST_F(Write, OnTopOfWhatAnotherClientReplacedMeanwhileFailsTheFlush) {
  server.put_file("/file", "0123456789");
  const HandleId file = open_to_write("/file");
  ASSERT_OK(write(file, 2, "x"));
  server.put_file("/file", "completely different");
  EXPECT_EQ(error_of(vfs->flush(file, ctx)), Errc::stale);
  EXPECT_EQ(server.content("/file"), "completely different");
}

TEST_F(Flush, UploadsOnceWhatIsDirty) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "data"));
  ASSERT_OK(vfs->flush(file, ctx));
  EXPECT_EQ(server.content("/file"), "data");
  ASSERT_OK(vfs->flush(file, ctx));
  ASSERT_OK(vfs->fsync(file, ctx));
  vfs->release(file, ctx);
  EXPECT_EQ(calls(Operation::store), 1u);
}

TEST_F(Flush, OfAReaderLeavesTheUploadToTheWriter) {
  const HandleId writer = create("file");
  const HandleId reader = open("/file");
  ASSERT_OK(close(reader));
  EXPECT_EQ(calls(Operation::store), 0u);
  ASSERT_OK(close(writer));
  EXPECT_EQ(calls(Operation::store), 1u);
}

TEST_F(Flush, KeepsDataAndReportsErrorWhenUploadFails) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "precious"));
  server.fail_next(Operation::store, Errc::quota_exceeded);
  EXPECT_EQ(error_of(vfs->flush(file, ctx)), Errc::quota_exceeded);
  EXPECT_EQ(read(file), "precious");
  EXPECT_EQ(status_at("/file").size, 8u);
  ASSERT_OK(vfs->flush(file, ctx));
  EXPECT_EQ(server.content("/file"), "precious");
}

TEST_F(Flush, WhoseAnswerIsLostIsTriedAgain) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "data"));
  server.lose_next_answer(Operation::store);
  EXPECT_EQ(error_of(vfs->flush(file, ctx)), Errc::connection_lost);
  ASSERT_OK(close(file));
  EXPECT_EQ(calls(Operation::store), 2u);
}

TEST_F(Flush, PausesReadersOfTheFileBeforeItUploads) {
  server.put_file("/file", std::string(4 << 20, 'x'));
  server.limit_reads(1000);
  const HandleId reader = open("/file");
  EXPECT_EQ(read(reader, 0, 10).size(), 10u);
  EXPECT_EQ(server.sources_alive(), 1u);
  const HandleId writer = open("/file", {.write = true, .truncate = true});
  std::size_t sources = 99;
  server.during_next(Operation::store, [&] { sources = server.sources_alive(); });
  ASSERT_OK(close(writer));
  EXPECT_EQ(sources, 0u);
}

TEST_F(Flush, CoversWhatWasWrittenBeforeAndLeavesLaterWritesDirty) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "before"));
  server.during_next(Operation::store, [&] { EXPECT_OK(write(file, 6, " after")); });
  ASSERT_OK(vfs->flush(file, ctx));
  EXPECT_EQ(server.content("/file"), "before");
  EXPECT_EQ(status_at("/file").size, 12u);
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/file"), "before after");
}

TEST_F(Release, SavesWhatNoFlushHasSaved) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "data"));
  vfs->release(file, ctx);
  EXPECT_EQ(server.content("/file"), "data");
}

TEST_F(Release, ThatCannotSaveKeepsTheDataForALaterOpen) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "data"));
  server.fail_next(Operation::store, Errc::unreachable, 2);
  EXPECT_FALSE(close(file));
  vfs->forget(inode_of("/file"), 2);

  const HandleId again = open("/file");
  EXPECT_EQ(read(again), "data");
  EXPECT_EQ(list(kRootInode).at("file").size, 4u);
  ASSERT_OK(close(again));
  EXPECT_EQ(server.content("/file"), "data");
}

TEST_F(Release, OfTheLastWriterFreesTheSpool) {
  server.put_file("/file", "0123456789");
  const HandleId file = open_to_write("/file");
  ASSERT_OK(write(file, 0, "x"));
  EXPECT_GT(spools->bytes_used(), 0u);
  ASSERT_OK(close(file));
  EXPECT_EQ(spools->bytes_used(), 0u);
}

TEST_F(Flush, AndReleaseLetTheRemoteKeepWhatItCannotLose) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "1"));
  ASSERT_OK(vfs->flush(file, ctx));
  EXPECT_TRUE(server.last_store_was_deferrable());
  ASSERT_OK(write(file, 1, "2"));
  vfs->release(file, ctx);
  EXPECT_TRUE(server.last_store_was_deferrable());
  EXPECT_EQ(calls(Operation::settle), 0u);
}

TEST_F(Fsync, WantsTheServerToHaveIt) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "1"));
  ASSERT_OK(vfs->fsync(file, ctx));
  EXPECT_FALSE(server.last_store_was_deferrable());
}

TEST_F(Fsync, SettlesWhatAnEarlierFlushHasLeftToTheRemote) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "1"));
  ASSERT_OK(vfs->flush(file, ctx));
  server.fail_next(Operation::settle, Errc::no_space);
  EXPECT_EQ(error_of(vfs->fsync(file, ctx)), Errc::no_space);
  EXPECT_OK(vfs->fsync(file, ctx));
  EXPECT_EQ(calls(Operation::settle), 2u);
  EXPECT_EQ(calls(Operation::store), 1u);
}

TEST_F(Fsync, OfAFileThatWasRemovedHasNothingToSettle) {
  const HandleId file = create("file");
  ASSERT_OK(close(create("other")));
  ASSERT_OK(vfs->flush(file, ctx));
  ASSERT_OK(vfs->remove_file(kRootInode, "file", ctx));
  EXPECT_OK(vfs->fsync(file, ctx));
  EXPECT_EQ(calls(Operation::settle), 0u);
}

TEST_F(Fsync, OfADirectorySettlesWhatIsBelow) {
  server.put_directory("/folder");
  EXPECT_OK(vfs->fsync_directory(inode_of("/folder"), ctx));
  EXPECT_EQ(calls(Operation::settle), 1u);
}

TEST_F(FlushAll, SavesEverythingAndReturnsTheFirstError) {
  ASSERT_OK(write(create("one"), 0, "1"));
  ASSERT_OK(write(create("two"), 0, "2"));
  server.fail_next(Operation::store, Errc::no_space);
  EXPECT_EQ(error_of(vfs->flush_all(ctx)), Errc::no_space);
  EXPECT_NE(server.content("/one").has_value(), server.content("/two").has_value());
  ASSERT_OK(vfs->flush_all(ctx));
  EXPECT_EQ(server.content("/one"), "1");
  EXPECT_EQ(server.content("/two"), "2");
}

}  // namespace ftpsfs::vfs
