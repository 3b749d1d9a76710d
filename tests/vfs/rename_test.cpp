#include "vfs_fixture.h"

namespace ftpsfs::vfs {

class Rename : public VfsTest {
 protected:
  base::Status rename(std::string_view from, std::string_view to, RenameMode mode = RenameMode::replace) {
    return vfs->rename(kRootInode, from, kRootInode, to, mode, ctx);
  }
};

TEST_F(Rename, KeepsTheInode) {
  server.put_file("/old", "x");
  const InodeId inode = inode_of("/old");
  ASSERT_OK(rename("old", "new"));
  EXPECT_EQ(inode_of("/new"), inode);
  EXPECT_EQ(lookup_error(kRootInode, "old"), Errc::not_found);
  EXPECT_EQ(server.content("/new"), "x");
}

TEST_F(Rename, OfADirtyOpenFileUploadsItFirstAndItsHandlesFollow) {
  const HandleId file = create("old");
  ASSERT_OK(write(file, 0, "saved"));
  ASSERT_OK(rename("old", "new"));
  EXPECT_EQ(server.content("/new"), "saved");
  ASSERT_OK(write(file, 5, " later"));
  EXPECT_EQ(read(file), "saved later");
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/new"), "saved later");
  EXPECT_FALSE(server.content("/old"));
}

TEST_F(Rename, ThatCannotSaveADirtyFileFailsAndChangesNothing) {
  const HandleId file = create("old");
  ASSERT_OK(write(file, 0, "data"));
  server.fail_next(Operation::store, Errc::no_space);
  EXPECT_EQ(error_of(rename("old", "new")), Errc::no_space);
  EXPECT_EQ(status_at("/old").size, 4u);
  ASSERT_OK(close(file));
  EXPECT_EQ(server.content("/old"), "data");
}

TEST_F(Rename, LetsReadersGoOnUnderTheNewName) {
  server.put_file("/old", "0123456789");
  const HandleId file = open("/old");
  EXPECT_EQ(read(file, 0, 2), "01");
  ASSERT_OK(rename("old", "new"));
  EXPECT_EQ(read(file), "0123456789");
}

TEST_F(Rename, OfADirectoryTakesOpenFilesBelowAlong) {
  server.put_directory("/old/deep");
  const InodeId deep = inode_of("/old/deep");
  const auto file = vfs->create(deep, "file", 0644, {.write = true}, ctx);
  ASSERT_OK(file);
  ASSERT_OK(write(file->file.handle, 0, "data"));
  ASSERT_OK(rename("old", "new"));
  EXPECT_EQ(server.content("/new/deep/file"), "data");
  ASSERT_OK(write(file->file.handle, 4, " more"));
  ASSERT_OK(close(file->file.handle));
  EXPECT_EQ(server.content("/new/deep/file"), "data more");
  EXPECT_EQ(inode_of("/new/deep"), deep);
}

TEST_F(Rename, OverAnOpenFileLeavesItsHandlesWhatTheyHad) {
  server.put_file("/source", "new content");
  server.put_file("/target", "old content");
  const HandleId reader = open("/target");
  const InodeId replaced = inode_of("/target");
  ASSERT_OK(rename("source", "target"));
  EXPECT_EQ(read(reader), "old content");
  EXPECT_NE(inode_of("/target"), replaced);
  EXPECT_EQ(read(open("/target")), "new content");
  EXPECT_OK(close(reader));
}

TEST_F(Rename, OverADirtyOpenFileUploadsNothingOfIt) {
  server.put_file("/source", "new content");
  const HandleId writer = create("target");
  ASSERT_OK(write(writer, 0, "unsaved"));
  ASSERT_OK(rename("source", "target"));
  EXPECT_EQ(read(writer), "unsaved");
  EXPECT_OK(close(writer));
  EXPECT_EQ(server.content("/target"), "new content");
}

TEST_F(Rename, WithoutReplacingAsksTheServerAfresh) {
  server.put_file("/source", "x");
  EXPECT_EQ(lookup_error(kRootInode, "target"), Errc::not_found);
  server.put_file("/target", "somebody else's");
  EXPECT_EQ(error_of(rename("source", "target", RenameMode::no_replace)), Errc::exists);
  EXPECT_EQ(server.content("/target"), "somebody else's");
  server.erase("/target");
  EXPECT_OK(rename("source", "target", RenameMode::no_replace));
}

TEST_F(Rename, WithoutReplacingSeesWhatIsNotUploadedYet) {
  server.put_file("/source", "x");
  create("target");
  EXPECT_EQ(error_of(rename("source", "target", RenameMode::no_replace)), Errc::exists);
}

TEST_F(Rename, OntoItselfDoesNothing) {
  server.put_file("/file", "x");
  EXPECT_OK(rename("file", "file"));
  EXPECT_EQ(calls(Operation::rename), 0u);
}

TEST_F(Rename, OfADirectoryIntoItselfIsInvalid) {
  server.put_directory("/folder/below");
  const InodeId below = inode_of("/folder/below");
  EXPECT_EQ(error_of(vfs->rename(kRootInode, "folder", below, "inside", RenameMode::replace, ctx)),
            Errc::invalid_argument);
}

TEST_F(Rename, OfADirectoryReplacesAnEmptyOneOnly) {
  server.put_file("/source/file", "x");
  server.put_directory("/empty");
  server.put_file("/full/file", "y");
  for (const auto* name : {"/source", "/empty", "/full"}) inode_of(name);
  EXPECT_EQ(error_of(rename("source", "full")), Errc::not_empty);
  ASSERT_OK(rename("source", "empty"));
  EXPECT_EQ(server.content("/empty/file"), "x");
}

TEST_F(Rename, DoesNotMixFilesAndDirectories) {
  server.put_file("/file", "x");
  server.put_directory("/folder");
  inode_of("/file");
  inode_of("/folder");
  EXPECT_EQ(error_of(rename("file", "folder")), Errc::is_a_directory);
  EXPECT_EQ(error_of(rename("folder", "file")), Errc::not_a_directory);
}

}  // namespace ftpsfs::vfs
