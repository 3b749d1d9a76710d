#include "vfs_fixture.h"

namespace ftpsfs::vfs {

class Directory : public VfsTest {
 protected:
  HandleId open_directory(InodeId inode) {
    const auto handle = vfs->open_directory(inode, ctx);
    EXPECT_OK(handle);
    return handle.value_or(0);
  }
};

TEST_F(Directory, BeginsWithTheDotsAndContinuesAtEveryPosition) {
  server.put_file("/folder/a", "1");
  server.put_file("/folder/b", "22");
  const InodeId folder = inode_of("/folder");
  const HandleId handle = open_directory(folder);
  std::vector<std::string> names;
  std::uint64_t position = 0;
  for (bool more = true; more;) {
    more = false;
    int accepted = 0;
    const auto visit = [&](const Vfs::DirectoryItem& item) {
      if (accepted++ == 1) return false;
      names.emplace_back(item.name);
      position = item.next;
      more = true;
      if (item.name == ".") {
        EXPECT_EQ(item.status.inode, folder);
      }
      if (item.name == "..") {
        EXPECT_EQ(item.status.inode, kRootInode);
      }
      if (item.name == "b") {
        EXPECT_EQ(item.status.size, 2u);
      }
      return true;
    };
    ASSERT_OK(vfs->read_directory(handle, position, false, visit, ctx));
  }
  EXPECT_EQ(names, (std::vector<std::string>{".", "..", "a", "b"}));
}

TEST_F(Directory, CountsALookupForEachAcceptedEntryOnly) {
  server.put_file("/a", "1");
  server.put_file("/b", "1");
  InodeId accepted = 0;
  InodeId refused = 0;
  const auto visit = [&](const Vfs::DirectoryItem& item) {
    (item.name == "a" ? accepted : refused) = item.status.inode;
    return item.name == "a";
  };
  ASSERT_OK(vfs->read_directory(open_directory(kRootInode), 2, true, visit, ctx));
  EXPECT_EQ(status_of(accepted).size, 1u);
  EXPECT_EQ(error_of(vfs->get_status(refused, ctx)), Errc::stale);
  vfs->forget(accepted, 1);
  EXPECT_EQ(error_of(vfs->get_status(accepted, ctx)), Errc::stale);
}

TEST_F(Directory, ShowsTheNumbersThatLookupsWillGive) {
  server.put_file("/a", "1");
  const auto listed = list(kRootInode).at("a").inode;
  EXPECT_EQ(inode_of("/a"), listed);
}

TEST_F(Directory, IsConsistentThroughoutAnIteration) {
  for (const auto* name : {"/a", "/b", "/c"}) server.put_file(name, "x");
  const HandleId handle = open_directory(kRootInode);
  server.erase("/b");
  server.put_file("/d", "x");
  let_snapshots_expire();
  EXPECT_EQ(names(handle), (std::set<std::string>{"a", "b", "c"}));
}

TEST_F(Directory, LeavesOutWhatThisMountRemovedSinceItWasOpened) {
  for (const auto* name : {"/a", "/b", "/c"}) server.put_file(name, "x");
  const HandleId handle = open_directory(kRootInode);
  ASSERT_OK(vfs->remove_file(kRootInode, "a", ctx));
  ASSERT_OK(vfs->rename(kRootInode, "b", kRootInode, "d", RenameMode::replace, ctx));
  EXPECT_EQ(names(handle), (std::set<std::string>{"c"}));
}

TEST_F(Directory, LeavesOutWhatIsRemovedWhileTheServerIsAsked) {
  server.put_file("/a", "x");
  server.put_file("/b", "x");
  server.during_next(Operation::list, [&] { EXPECT_OK(vfs->remove_file(kRootInode, "a", ctx)); });
  EXPECT_EQ(names(open_directory(kRootInode)), (std::set<std::string>{"b"}));
}

TEST_F(Directory, KeepsALocalFileThatIsUploadedWhileTheServerIsAsked) {
  const HandleId file = create("fresh");
  let_snapshots_expire();
  server.during_next(Operation::list, [&] { EXPECT_OK(vfs->flush(file, ctx)); });
  EXPECT_EQ(names(open_directory(kRootInode)), (std::set<std::string>{"fresh"}));
}

TEST_F(Directory, RewindingTakesANewListing) {
  server.put_file("/a", "x");
  const HandleId handle = open_directory(kRootInode);
  std::set<std::string> seen;
  const auto visit = [&](const Vfs::DirectoryItem& item) { return seen.emplace(item.name).second; };
  ASSERT_OK(vfs->read_directory(handle, 0, false, visit, ctx));
  create("b");
  seen.clear();
  ASSERT_OK(vfs->read_directory(handle, 0, false, visit, ctx));
  EXPECT_EQ(seen, (std::set<std::string>{".", "..", "a", "b"}));
}

TEST_F(Directory, AnOldListingDoesNotTakeBackWhatWasWrittenSince) {
  server.put_file("/file", "old");
  const HandleId handle = open_directory(kRootInode);
  const HandleId file = open_to_write("/file");
  ASSERT_OK(write(file, 3, " and new"));
  const auto size = [&] {
    std::uint64_t seen = 0;
    const auto visit = [&](const Vfs::DirectoryItem& item) {
      seen = item.status.size;
      return true;
    };
    EXPECT_OK(vfs->read_directory(handle, 2, true, visit, ctx));
    return seen;
  };
  EXPECT_EQ(size(), 11u);
  ASSERT_OK(close(file));
  EXPECT_EQ(size(), 11u);
  EXPECT_EQ(status_at("/file").size, 11u);
}

TEST_F(Directory, OfAFileIsAnError) {
  server.put_file("/file", "x");
  EXPECT_EQ(error_of(vfs->open_directory(inode_of("/file"), ctx)), Errc::not_a_directory);
}

}  // namespace ftpsfs::vfs
