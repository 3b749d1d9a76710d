// What stat shows, and what can be changed of it.

#include "vfs_fixture.h"

namespace ftpsfs::vfs {

using namespace std::chrono_literals;

namespace {

constexpr base::SystemTime kThen{std::chrono::sys_days{std::chrono::year{2020} / 5 / 17}};

}  // namespace

class Status : public VfsTest {};
class SetSize : public VfsTest {};
class SetTime : public VfsTest {};
class SetMode : public VfsTest {};
class Symlink : public VfsTest {};
class Space : public VfsTest {};

TEST_F(Status, KeepsAModeThatOnlyTheListingTold) {
  server.put_file("/file", "x");
  server.put_file("/other", "x");
  server.tell_mode_only_in_listings();
  list(kRootInode);
  const InodeId inode = inode_of("/file");
  const auto told = status_of(inode).permissions;
  ASSERT_OK(close(open("/file")));
  EXPECT_EQ(status_of(inode).permissions, told);
  let_snapshots_expire();
  EXPECT_EQ(status_of(inode).permissions, told);
}

TEST_F(Status, IsAnsweredWithoutTheServerWhileTheFileIsDirty) {
  const HandleId file = create("file");
  const InodeId inode = inode_of("/file");
  ASSERT_OK(write(file, 0, "abc"));
  const std::size_t asked = calls(Operation::stat);
  EXPECT_EQ(status_of(inode).size, 3u);
  EXPECT_EQ(calls(Operation::stat), asked);
}

TEST_F(Status, ShowsSizeAndTimeOfTheLastWriteWhileDirtyAndTheServersAfterTheFlush) {
  server.set_time(kThen);
  server.put_file("/file", "old");
  const HandleId file = open_to_write("/file");
  const InodeId inode = inode_of("/file");
  EXPECT_EQ(status_of(inode).modified, kThen);
  const base::SystemTime before = std::chrono::system_clock::now();
  ASSERT_OK(write(file, 3, " and new"));
  EXPECT_EQ(status_of(inode).size, 11u);
  EXPECT_GE(status_of(inode).modified, before);

  server.set_time(kThen + 5s);
  ASSERT_OK(vfs->flush(file, ctx));
  EXPECT_EQ(status_of(inode).size, 11u);
  EXPECT_EQ(status_of(inode).modified, kThen + 5s);
  vfs->release(file, ctx);
}

TEST_F(SetSize, ByPathIsOnTheServerWhenItReturns) {
  server.put_file("/file", "0123456789");
  const InodeId inode = inode_of("/file");
  EXPECT_EQ(vfs->set_status(inode, {.size = 4}, ctx)->size, 4u);
  EXPECT_EQ(server.content("/file"), "0123");
  EXPECT_EQ(vfs->set_status(inode, {.size = 6}, ctx)->size, 6u);
  EXPECT_EQ(server.content("/file"), std::string("0123\0\0", 6));
  EXPECT_EQ(vfs->set_status(inode, {.size = 0}, ctx)->size, 0u);
  EXPECT_EQ(server.content("/file"), "");
  EXPECT_EQ(spools->bytes_used(), 0u);
}

TEST_F(SetSize, ByPathAfterACloseDoesNotWaitForTheKernelToForgetTheHandle) {
  server.put_file("/file", "0123456789");
  const InodeId inode = inode_of("/file");
  const HandleId handle = open_to_write("/file");
  EXPECT_OK(vfs->flush(handle, ctx));  // the release comes later
  EXPECT_EQ(vfs->set_status(inode, {.size = 4}, ctx)->size, 4u);
  EXPECT_EQ(server.content("/file"), "0123");
  vfs->release(handle, ctx);
}

TEST_F(SetSize, ToTheSizeItHasMovesNoData) {
  server.put_file("/file", "0123456789");
  EXPECT_OK(vfs->set_status(inode_of("/file"), {.size = 10}, ctx));
  EXPECT_EQ(calls(Operation::store), 0u);
  EXPECT_EQ(calls(Operation::open_read), 0u);
}

TEST_F(SetSize, OfAFileThatIsOpenForWritingWaitsForItsFlush) {
  server.put_file("/file", "0123456789");
  const HandleId file = open_to_write("/file");
  EXPECT_EQ(vfs->set_status(inode_of("/file"), {.size = 4}, ctx)->size, 4u);
  EXPECT_EQ(server.content("/file"), "0123456789");
  EXPECT_OK(close(file));
  EXPECT_EQ(server.content("/file"), "0123");
}

TEST_F(SetSize, ThatFailsRightAfterACloseDoesNotHappenLater) {
  server.put_file("/file", "0123456789");
  const InodeId inode = inode_of("/file");
  const HandleId handle = open_to_write("/file");
  EXPECT_OK(vfs->flush(handle, ctx));  // the release comes later
  server.fail_next(Operation::store, Errc::no_space);
  EXPECT_EQ(error_of(vfs->set_status(inode, {.size = 4}, ctx)), Errc::no_space);
  vfs->release(handle, ctx);
  EXPECT_EQ(status_of(inode).size, 10u);
  EXPECT_OK(vfs->flush_all(ctx));
  EXPECT_EQ(server.content("/file"), "0123456789");
}

TEST_F(SetSize, ThatFailsDoesNotHappenLater) {
  server.put_file("/file", "0123456789");
  const InodeId inode = inode_of("/file");
  server.fail_next(Operation::store, Errc::no_space);
  EXPECT_EQ(error_of(vfs->set_status(inode, {.size = 4}, ctx)), Errc::no_space);
  EXPECT_EQ(status_of(inode).size, 10u);
  EXPECT_OK(vfs->flush_all(ctx));
  EXPECT_EQ(server.content("/file"), "0123456789");
}

TEST_F(SetSize, OfADirectoryIsAnError) {
  server.put_directory("/folder");
  EXPECT_EQ(error_of(vfs->set_status(inode_of("/folder"), {.size = 0}, ctx)), Errc::is_a_directory);
}

TEST_F(SetTime, OfACleanFileIsOnTheServerAtOnce) {
  server.put_file("/file", "x");
  EXPECT_EQ(vfs->set_status(inode_of("/file"), {.modified = kThen}, ctx)->modified, kThen);
  EXPECT_EQ(server.attributes("/file")->modified, kThen);
}

TEST_F(SetTime, OfADirtyFileIsAppliedAfterTheUploadAndOutlivesLaterFlushes) {
  const HandleId file = create("file");
  ASSERT_OK(write(file, 0, "copied"));
  EXPECT_EQ(vfs->set_status(inode_of("/file"), {.modified = kThen}, ctx)->modified, kThen);
  EXPECT_EQ(calls(Operation::set_modified), 0u);
  ASSERT_OK(vfs->flush(file, ctx));
  EXPECT_EQ(server.attributes("/file")->modified, kThen);
  ASSERT_OK(vfs->fsync(file, ctx));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.attributes("/file")->modified, kThen);
  EXPECT_EQ(status_at("/file").modified, kThen);
  EXPECT_EQ(calls(Operation::store), 1u);
}

TEST_F(SetTime, OfADirtyFileTravelsWithTheUpload) {
  const HandleId file = create("file");
  EXPECT_OK(vfs->set_status(inode_of("/file"), {.modified = kThen}, ctx));
  ASSERT_OK(close(file));
  EXPECT_EQ(server.attributes("/file")->modified, kThen);
  EXPECT_EQ(calls(Operation::set_modified), 0u);
}

TEST_F(SetTime, IsForgottenByALaterWrite) {
  const HandleId file = create("file");
  EXPECT_OK(vfs->set_status(inode_of("/file"), {.modified = kThen}, ctx));
  ASSERT_OK(write(file, 0, "newer"));
  ASSERT_OK(close(file));
  EXPECT_EQ(calls(Operation::set_modified), 0u);
}

TEST_F(SetTime, ThatFailsAfterTheUploadIsTriedAgain) {
  const HandleId file = create("file");
  EXPECT_OK(vfs->set_status(inode_of("/file"), {.modified = kThen}, ctx));
  server.store_contents_only();
  server.fail_next(Operation::set_modified, Errc::connection_lost);
  EXPECT_EQ(error_of(vfs->flush(file, ctx)), Errc::connection_lost);
  EXPECT_EQ(status_at("/file").modified, kThen);
  EXPECT_OK(close(file));
  EXPECT_EQ(server.attributes("/file")->modified, kThen);
  EXPECT_EQ(calls(Operation::store), 1u);
}

TEST_F(SetTime, SucceedsOnAServerThatCannotDoIt) {
  server.put_file("/file", "x");
  server.refuse_setting_attributes();
  EXPECT_OK(vfs->set_status(inode_of("/file"), {.modified = kThen}, ctx));
  const HandleId file = create("new");
  EXPECT_OK(vfs->set_status(inode_of("/new"), {.modified = kThen}, ctx));
  EXPECT_OK(close(file));
}

TEST_F(SetTime, IsNeverAskedOfTheServerWithIgnore) {
  server.put_file("/file", "x");
  remount({.times = AttributePolicy::ignore});
  EXPECT_OK(vfs->set_status(inode_of("/file"), {.modified = kThen}, ctx));
  const HandleId file = create("new");
  EXPECT_OK(vfs->set_status(inode_of("/new"), {.modified = kThen}, ctx));
  EXPECT_OK(close(file));
  EXPECT_EQ(calls(Operation::set_modified), 0u);
  EXPECT_EQ(status_at("/file").modified, server.attributes("/file")->modified);
}

TEST_F(SetTime, FailsWithFailWhereTheServerCannotAndTheDataIsSaved) {
  server.put_file("/file", "x");
  server.refuse_setting_attributes();
  remount({.times = AttributePolicy::fail});
  EXPECT_EQ(error_of(vfs->set_status(inode_of("/file"), {.modified = kThen}, ctx)), Errc::not_supported);
  const HandleId file = create("new");
  ASSERT_OK(write(file, 0, "data"));
  EXPECT_EQ(error_of(vfs->set_status(inode_of("/new"), {.modified = kThen}, ctx)), Errc::not_supported);
  EXPECT_EQ(server.content("/new"), "data");
  EXPECT_OK(close(file));
}

TEST_F(SetTime, IsSetWithFailWhereTheServerCan) {
  remount({.times = AttributePolicy::fail, .permissions = AttributePolicy::fail});
  const HandleId file = create("new");
  ASSERT_OK(write(file, 0, "data"));
  EXPECT_OK(vfs->set_status(inode_of("/new"), {.modified = kThen, .permissions = 0600}, ctx));
  EXPECT_OK(close(file));
  EXPECT_EQ(server.attributes("/new")->modified, kThen);
  EXPECT_EQ(server.attributes("/new")->mode, 0600u);
}

TEST_F(SetTime, KeepsTheKernelsPages) {
  server.put_file("/file", "x");
  ASSERT_OK(close(open("/file")));
  EXPECT_OK(vfs->set_status(inode_of("/file"), {.modified = kThen}, ctx));
  const auto again = vfs->open(inode_of("/file"), {}, ctx);
  ASSERT_OK(again);
  EXPECT_TRUE(again->keep_page_cache);
}

TEST_F(SetMode, ChangesTheServersFile) {
  server.put_file("/file", "x");
  EXPECT_EQ(vfs->set_status(inode_of("/file"), {.permissions = 0100640}, ctx)->permissions, 0640u);
  EXPECT_EQ(server.attributes("/file")->mode, 0640u);
}

TEST_F(SetMode, OfAFileNotUploadedYetIsRemembered) {
  const HandleId file = create("file");
  EXPECT_EQ(vfs->set_status(inode_of("/file"), {.permissions = 0755}, ctx)->permissions, 0755u);
  EXPECT_EQ(calls(Operation::set_mode), 0u);
  ASSERT_OK(close(file));
  EXPECT_EQ(server.attributes("/file")->mode, 0755u);
}

TEST_F(SetMode, SucceedsOnAServerThatCannotDoItAndShowsWhatTheServerHas) {
  server.put_file("/file", "x");
  const InodeId inode = inode_of("/file");
  const auto before = status_of(inode).permissions;
  server.refuse_setting_attributes();
  EXPECT_OK(vfs->set_status(inode, {.permissions = 0111}, ctx));
  EXPECT_EQ(status_of(inode).permissions, before);
}

TEST_F(SetMode, ThatTheServerDeniesIsAnErrorUnlessIgnored) {
  server.put_file("/file", "x");
  server.fail_next(Operation::set_mode, Errc::permission_denied);
  EXPECT_EQ(error_of(vfs->set_status(inode_of("/file"), {.permissions = 0111}, ctx)),
            Errc::permission_denied);
}

TEST_F(SetMode, IsNeverAskedOfTheServerWithIgnore) {
  server.put_file("/file", "x");
  remount({.permissions = AttributePolicy::ignore});
  EXPECT_OK(vfs->set_status(inode_of("/file"), {.permissions = 0111}, ctx));
  EXPECT_OK(close(create("new", 0711)));
  EXPECT_EQ(calls(Operation::set_mode), 0u);
  EXPECT_EQ(status_at("/file").permissions, server.attributes("/file")->mode);
}

TEST_F(SetMode, IsNotPermittedWithFailWhereTheServerCannotUnlessNothingChanges) {
  server.put_file("/file", "x");
  remount({.permissions = AttributePolicy::fail});
  const InodeId inode = inode_of("/file");
  server.refuse_setting_attributes();
  EXPECT_EQ(error_of(vfs->set_status(inode, {.permissions = 0111}, ctx)), Errc::not_permitted);
  EXPECT_OK(vfs->set_status(inode, {.permissions = status_of(inode).permissions}, ctx));
}

TEST_F(SetMode, OfANewFileFailsAtOnceWithFailAndTheDataIsSaved) {
  server.refuse_setting_attributes();
  remount({.permissions = AttributePolicy::fail});
  const HandleId file = create("new");
  ASSERT_OK(write(file, 0, "data"));
  EXPECT_EQ(error_of(vfs->set_status(inode_of("/new"), {.permissions = 0111}, ctx)), Errc::not_permitted);
  EXPECT_OK(close(file));
  EXPECT_EQ(server.content("/new"), "data");
}

TEST_F(SetMode, OwnerCanOnlyStayWhatItIs) {
  server.put_file("/file", "x");
  remount({.owner = 1000, .group = 100});
  const InodeId inode = inode_of("/file");
  EXPECT_OK(vfs->set_status(inode, {.owner = 1000, .group = 100}, ctx));
  EXPECT_EQ(error_of(vfs->set_status(inode, {.owner = 0}, ctx)), Errc::not_permitted);
  EXPECT_EQ(error_of(vfs->set_status(inode, {.group = 0}, ctx)), Errc::not_permitted);
}

TEST_F(Symlink, ShowsItsTargetAndTheTargetsLength) {
  server.put_symlink("/link", "over/there");
  const InodeId inode = inode_of("/link");
  EXPECT_EQ(status_of(inode).type, model::FileType::symlink);
  EXPECT_EQ(status_of(inode).size, 10u);
  EXPECT_EQ(*vfs->read_link(inode, ctx), "over/there");
}

TEST_F(Symlink, IsMadeAndSeenAtOnceAndRemoved) {
  server.put_file("/file", "x");
  list(kRootInode);
  const auto made = vfs->make_symlink(kRootInode, "link", "file", ctx);
  ASSERT_OK(made);
  EXPECT_EQ(made->type, model::FileType::symlink);
  EXPECT_EQ(made->size, 4u);
  EXPECT_EQ(*vfs->read_link(inode_of("/link"), ctx), "file");
  EXPECT_EQ(list(kRootInode).at("link").type, model::FileType::symlink);
  EXPECT_EQ(error_of(vfs->make_symlink(kRootInode, "link", "other", ctx)), Errc::exists);
  EXPECT_OK(vfs->remove_file(kRootInode, "link", ctx));
  EXPECT_EQ(server.attributes("/link"), std::nullopt);
  EXPECT_EQ(server.content("/file"), "x");
}

TEST_F(Symlink, IsNotMadeOverAFileThatIsNotUploadedYet) {
  const HandleId file = create("name");
  EXPECT_EQ(error_of(vfs->make_symlink(kRootInode, "name", "file", ctx)), Errc::exists);
  EXPECT_OK(close(file));
}

TEST_F(Symlink, IsNotPermittedWhereTheServerCannotMakeOne) {
  server.fail_next(Operation::make_symlink, Errc::not_supported);
  EXPECT_EQ(error_of(vfs->make_symlink(kRootInode, "link", "file", ctx)), Errc::not_permitted);
}

TEST_F(Symlink, IsNotAFileAndAFileIsNotASymlink) {
  server.put_symlink("/link", "file");
  server.put_file("/file", "x");
  EXPECT_EQ(error_of(vfs->open(inode_of("/link"), {}, ctx)), Errc::invalid_argument);
  EXPECT_EQ(error_of(vfs->read_link(inode_of("/file"), ctx)), Errc::invalid_argument);
}

TEST_F(Space, IsAssumedWhereTheServerDoesNotTell) {
  server.fail_next(Operation::space, Errc::not_supported);
  const auto space = vfs->space(ctx);
  ASSERT_OK(space);
  EXPECT_EQ(space->total, VfsOptions{}.assumed_space.total);
}

}  // namespace ftpsfs::vfs
