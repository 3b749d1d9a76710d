// Lookups, inodes, making and removing names.

#include "vfs_fixture.h"

namespace ftpsfs::vfs {

class Lookup : public VfsTest {};
class Inodes : public VfsTest {};
class Create : public VfsTest {};
class Make : public VfsTest {};
class Remove : public VfsTest {};
class ReadOnly : public VfsTest {};

TEST_F(Lookup, ShowsWhatTheServerHas) {
  server.put_file("/folder/file", "hello");
  const auto status = status_at("/folder/file");
  EXPECT_EQ(status.size, 5u);
  EXPECT_EQ(status.type, model::FileType::file);
  EXPECT_EQ(status_at("/folder").type, model::FileType::directory);
}

TEST_F(Lookup, RefusesNamesThatFtpCannotCarry) {
  EXPECT_EQ(lookup_error(kRootInode, "a\nb"), Errc::name_invalid);
  EXPECT_EQ(lookup_error(kRootInode, std::string(300, 'x')), Errc::name_too_long);
  EXPECT_EQ(lookup_error(kRootInode, "absent"), Errc::not_found);
}

TEST_F(Lookup, KnowsTheDots) {
  server.put_directory("/folder");
  const InodeId folder = inode_of("/folder");
  EXPECT_EQ(vfs->lookup(folder, ".", ctx)->inode, folder);
  EXPECT_EQ(vfs->lookup(folder, "..", ctx)->inode, kRootInode);
  EXPECT_EQ(vfs->lookup(kRootInode, "..", ctx)->inode, kRootInode);
}

TEST_F(Lookup, OfAnUnknownDirectoryIsStale) { EXPECT_EQ(lookup_error(12345, "name"), Errc::stale); }

TEST_F(Inodes, LiveAsLongAsTheirLookupsAreNotForgotten) {
  server.put_file("/file", "x");
  const InodeId inode = inode_of("/file");
  EXPECT_EQ(inode_of("/file"), inode);
  vfs->forget(inode, 1);
  EXPECT_EQ(status_of(inode).inode, inode);
  vfs->forget(inode, 1);
  EXPECT_EQ(error_of(vfs->get_status(inode, ctx)), Errc::stale);
}

TEST_F(Inodes, KeepTheirNumberWhenForgottenAndLookedUpAgain) {
  server.put_file("/folder/file", "x");
  const InodeId folder = inode_of("/folder");
  const InodeId file = inode_of("/folder/file");
  vfs->forget(file, 1);
  vfs->forget(folder, 2);
  EXPECT_EQ(inode_of("/folder"), folder);
  EXPECT_EQ(inode_of("/folder/file"), file);
}

TEST_F(Inodes, OfARootIsNeverForgotten) {
  vfs->forget(kRootInode, 1000);
  EXPECT_EQ(status_of(kRootInode).inode, kRootInode);
}

TEST_F(Inodes, OfADirectoryOutlivesThoseBelowIt) {
  server.put_file("/folder/file", "x");
  const InodeId file = inode_of("/folder/file");
  vfs->forget(inode_of("/folder"), 2);
  EXPECT_EQ(status_of(file).size, 1u);
}

TEST_F(Inodes, AreNotSharedByANewFileAndTheOneThatHadItsName) {
  server.put_file("/file", "old");
  const HandleId old = open("/file");
  const InodeId old_inode = inode_of("/file");
  ASSERT_OK(vfs->remove_file(kRootInode, "file", ctx));
  const HandleId fresh = create("file");
  EXPECT_NE(inode_of("/file"), old_inode);
  vfs->release(old, ctx);
  EXPECT_OK(close(fresh));
}

TEST_F(Inodes, ChangeWhenTheNameGetsAnotherTypeOfFile) {
  server.put_file("/name", "x");
  const InodeId file = inode_of("/name");
  server.erase("/name");
  server.put_directory("/name");
  let_snapshots_expire();
  EXPECT_EQ(error_of(vfs->get_status(file, ctx)), Errc::stale);
  EXPECT_NE(inode_of("/name"), file);
}

TEST_F(Create, AsksTheServerForNothingBeforeTheFlush) {
  EXPECT_EQ(lookup_error(kRootInode, "file"), Errc::not_found);
  const std::size_t asked = calls(Operation::stat) + calls(Operation::list);
  const HandleId file = create("file");
  EXPECT_EQ(calls(Operation::stat) + calls(Operation::list), asked);
  EXPECT_EQ(calls(Operation::store), 0u);
  ASSERT_OK(vfs->flush(file, ctx));
  EXPECT_EQ(server.content("/file"), "");
  vfs->release(file, ctx);
}

TEST_F(Create, IsSeenAtOnceBeforeTheServerHasIt) {
  const auto created = vfs->create(kRootInode, "file", 0600, {.write = true}, ctx);
  ASSERT_OK(created);
  ASSERT_OK(write(created->file.handle, 0, "abc"));
  EXPECT_EQ(status_at("/file").inode, created->status.inode);
  EXPECT_EQ(status_at("/file").size, 3u);
  EXPECT_EQ(status_at("/file").permissions, 0600u);
  EXPECT_EQ(list(kRootInode).at("file").size, 3u);
  EXPECT_FALSE(server.content("/file"));
}

TEST_F(Create, OfAnExistingFileOpensIt) {
  server.put_file("/file", "content");
  const HandleId file = create("file");
  EXPECT_EQ(read(file), "content");
  EXPECT_OK(close(file));
  EXPECT_EQ(server.content("/file"), "content");
}

TEST_F(Create, ExclusiveAsksTheServerAfresh) {
  EXPECT_EQ(lookup_error(kRootInode, "file"), Errc::not_found);
  server.put_file("/file", "somebody else's");
  const OpenFlags exclusive{.write = true, .exclusive = true};
  EXPECT_EQ(error_of(vfs->create(kRootInode, "file", 0644, exclusive, ctx)), Errc::exists);
  EXPECT_EQ(server.content("/file"), "somebody else's");
}

TEST_F(Create, ExclusiveSeesWhatIsNotUploadedYet) {
  create("file");
  const OpenFlags exclusive{.write = true, .exclusive = true};
  EXPECT_EQ(error_of(vfs->create(kRootInode, "file", 0644, exclusive, ctx)), Errc::exists);
}

TEST_F(Create, SendsTheModeWithTheFirstUpload) {
  ASSERT_OK(close(create("file", 0600)));
  EXPECT_EQ(server.attributes("/file")->mode, 0600u);
  EXPECT_EQ(calls(Operation::set_mode), 0u);
  EXPECT_EQ(status_at("/file").permissions, 0600u);
}

TEST_F(Create, SetsTheModeAfterTheFirstUploadOnly) {
  server.store_contents_only();
  const HandleId file = create("file", 0600);
  EXPECT_EQ(calls(Operation::set_mode), 0u);
  ASSERT_OK(vfs->flush(file, ctx));
  EXPECT_EQ(server.attributes("/file")->mode, 0600u);
  ASSERT_OK(write(file, 0, "more"));
  ASSERT_OK(close(file));
  EXPECT_EQ(calls(Operation::set_mode), 1u);
  EXPECT_EQ(status_at("/file").permissions, 0600u);
}

TEST_F(Create, DoesNotSetAModeThatTheFileHasAnyway) {
  ASSERT_OK(close(create("file", 0644)));
  EXPECT_EQ(calls(Operation::set_mode), 0u);
}

TEST_F(Create, SucceedsOnAServerThatCannotSetModes) {
  server.refuse_setting_attributes();
  EXPECT_OK(close(create("file", 0600)));
}

TEST_F(Make, FileIsOnTheServerAtOnce) {
  const auto made = vfs->make_file(kRootInode, "file", 0644, ctx);
  ASSERT_OK(made);
  EXPECT_EQ(server.content("/file"), "");
  EXPECT_EQ(error_of(vfs->make_file(kRootInode, "file", 0644, ctx)), Errc::exists);
  EXPECT_EQ(inode_of("/file"), made->inode);
}

TEST_F(Make, DirectoryGetsItsMode) {
  const auto made = vfs->make_directory(kRootInode, "folder", 0700, ctx);
  ASSERT_OK(made);
  EXPECT_EQ(made->type, model::FileType::directory);
  EXPECT_EQ(made->permissions, 0700u);
  EXPECT_EQ(server.attributes("/folder")->mode, 0700u);
  EXPECT_EQ(error_of(vfs->make_directory(kRootInode, "folder", 0700, ctx)), Errc::exists);
}

TEST_F(Make, DirectoryRefusesTheNameOfAFileThatIsNotUploadedYet) {
  create("name");
  EXPECT_EQ(error_of(vfs->make_directory(kRootInode, "name", 0755, ctx)), Errc::exists);
}

TEST_F(Remove, FileIsGone) {
  server.put_file("/file", "x");
  inode_of("/file");
  ASSERT_OK(vfs->remove_file(kRootInode, "file", ctx));
  EXPECT_FALSE(server.content("/file"));
  EXPECT_EQ(lookup_error(kRootInode, "file"), Errc::not_found);
}

TEST_F(Remove, FileNeverUploadedAsksNothingOfTheServer) {
  const HandleId file = create("file");
  ASSERT_OK(vfs->remove_file(kRootInode, "file", ctx));
  EXPECT_EQ(calls(Operation::remove_file), 0u);
  EXPECT_EQ(lookup_error(kRootInode, "file"), Errc::not_found);
  ASSERT_OK(write(file, 0, "temporary"));
  EXPECT_EQ(read(file), "temporary");
  EXPECT_OK(close(file));
  EXPECT_FALSE(server.content("/file"));
}

TEST_F(Remove, FileWhoseUploadFailedIsRemovedFromTheServerToo) {
  const HandleId file = create("file");
  server.lose_next_answer(Operation::store);
  EXPECT_FALSE(vfs->flush(file, ctx));
  ASSERT_TRUE(server.content("/file"));
  ASSERT_OK(vfs->remove_file(kRootInode, "file", ctx));
  EXPECT_FALSE(server.content("/file"));
}

TEST_F(Remove, OpenFileGoesOnBeingReadThroughItsHandle) {
  server.put_file("/file", "precious content");
  const HandleId file = open("/file");
  const InodeId inode = inode_of("/file");
  EXPECT_EQ(read(file, 0, 8), "precious");
  ASSERT_OK(vfs->remove_file(kRootInode, "file", ctx));
  EXPECT_EQ(read(file), "precious content");
  EXPECT_EQ(status_of(inode).size, 16u);
  EXPECT_OK(close(file));
  EXPECT_EQ(server.sources_alive(), 0u);
}

TEST_F(Remove, OpenFileGoesOnBeingWrittenAndIsNeverUploaded) {
  server.put_file("/file", "0123456789");
  const HandleId file = open_to_write("/file");
  ASSERT_OK(write(file, 2, "--"));
  ASSERT_OK(vfs->remove_file(kRootInode, "file", ctx));
  ASSERT_OK(write(file, 5, "++"));
  EXPECT_EQ(read(file), "01--4++789");
  EXPECT_OK(vfs->fsync(file, ctx));
  EXPECT_OK(close(file));
  EXPECT_FALSE(server.content("/file"));
  EXPECT_EQ(calls(Operation::store), 0u);
}

TEST_F(Remove, OpenFileShowsThatItHasNoName) {
  server.put_file("/file", "old");
  const HandleId writer = open_to_write("/file");
  const InodeId inode = inode_of("/file");
  EXPECT_EQ(status_of(inode).links, 1U);
  ASSERT_OK(vfs->remove_file(kRootInode, "file", ctx));
  EXPECT_EQ(status_of(inode).links, 0U);
  EXPECT_OK(close(writer));
}

TEST_F(Remove, HugeOpenFileIsStaleAfterwards) {
  server.put_file("/file", std::string((64 << 20) + 1, 'x'));
  const HandleId file = open("/file");
  EXPECT_EQ(read(file, 0, 10), "xxxxxxxxxx");
  ASSERT_OK(vfs->remove_file(kRootInode, "file", ctx));
  EXPECT_EQ(error_of(try_read(file, 0, 10)), Errc::stale);
}

TEST_F(Remove, OfAFileWhoseNameTheServerCannotHaveWorks) {
  const HandleId file = create("a:b");
  server.fail_next(Operation::store, Errc::name_invalid, 2);
  EXPECT_EQ(error_of(close(file)), Errc::name_invalid);
  server.fail_next(Operation::remove_file, Errc::name_invalid);
  EXPECT_OK(vfs->remove_file(kRootInode, "a:b", ctx));
  EXPECT_EQ(lookup_error(kRootInode, "a:b"), Errc::not_found);
  EXPECT_OK(vfs->flush_all(ctx));
}

TEST_F(Remove, FailureLeavesTheFileAsItWas) {
  server.put_file("/file", "content");
  const HandleId file = open("/file");
  server.fail_next(Operation::remove_file, Errc::permission_denied);
  EXPECT_EQ(error_of(vfs->remove_file(kRootInode, "file", ctx)), Errc::permission_denied);
  EXPECT_EQ(read(file), "content");
  EXPECT_OK(close(file));
  EXPECT_EQ(status_at("/file").size, 7u);
}

TEST_F(Remove, FileIsNotForDirectoriesNorTheOtherWayRound) {
  server.put_directory("/folder");
  server.put_file("/file", "x");
  inode_of("/folder");
  inode_of("/file");
  EXPECT_EQ(error_of(vfs->remove_file(kRootInode, "folder", ctx)), Errc::is_a_directory);
  EXPECT_EQ(error_of(vfs->remove_directory(kRootInode, "file", ctx)), Errc::not_a_directory);
}

TEST_F(Remove, DirectoryMustBeEmptyOfFilesNotUploadedYetToo) {
  server.put_directory("/folder");
  const InodeId folder = inode_of("/folder");
  const auto file = vfs->create(folder, "file", 0644, {.write = true}, ctx);
  ASSERT_OK(file);
  EXPECT_EQ(error_of(vfs->remove_directory(kRootInode, "folder", ctx)), Errc::not_empty);
  ASSERT_OK(vfs->remove_file(folder, "file", ctx));
  ASSERT_OK(vfs->remove_directory(kRootInode, "folder", ctx));
  EXPECT_FALSE(server.attributes("/folder"));
  EXPECT_EQ(error_of(vfs->create(folder, "file", 0644, {.write = true}, ctx)), Errc::not_found);
}

TEST_F(ReadOnly, MountRefusesEveryChange) {
  server.put_file("/file", "content");
  server.put_directory("/folder");
  remount({.read_only = true});
  const InodeId file = inode_of("/file");
  EXPECT_EQ(error_of(vfs->open(file, {.write = true}, ctx)), Errc::read_only);
  EXPECT_EQ(error_of(vfs->open(file, {.truncate = true}, ctx)), Errc::read_only);
  EXPECT_EQ(error_of(vfs->create(kRootInode, "new", 0644, {.write = true}, ctx)), Errc::read_only);
  EXPECT_EQ(error_of(vfs->make_file(kRootInode, "new", 0644, ctx)), Errc::read_only);
  EXPECT_EQ(error_of(vfs->make_directory(kRootInode, "new", 0755, ctx)), Errc::read_only);
  EXPECT_EQ(error_of(vfs->remove_file(kRootInode, "file", ctx)), Errc::read_only);
  EXPECT_EQ(error_of(vfs->remove_directory(kRootInode, "folder", ctx)), Errc::read_only);
  EXPECT_EQ(error_of(vfs->rename(kRootInode, "file", kRootInode, "new", RenameMode::replace, ctx)),
            Errc::read_only);
  EXPECT_EQ(error_of(vfs->set_status(file, {.size = 0}, ctx)), Errc::read_only);
  EXPECT_EQ(error_of(vfs->set_status(file, {.permissions = 0600}, ctx)), Errc::read_only);
  EXPECT_EQ(read(open("/file")), "content");
}

}  // namespace ftpsfs::vfs
