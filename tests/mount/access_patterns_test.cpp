// Every way in which programs write files, through the kernel, and what the server has then.

#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "mount/descriptor.h"
#include "mount/few_servers.h"
#include "mount/tree.h"

namespace ftpsfs::mount_test {
namespace {

class AccessPatterns : public OnServer {
 protected:
  void SetUp() override {
    OnServer::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    plant_file(root(), "old", "0123456789");
    mount_ = std::make_unique<MountedFs>(endpoint());
  }

  std::filesystem::path here(const std::string& name) const { return *mount_ / name; }
  std::string there(const std::string& name) const { return read_file(root() / name); }
  std::string log() const { return mount_->log(); }

  std::unique_ptr<MountedFs> mount_;
};

FTPSFS_ON_FEW_SERVERS(AccessPatterns);

TEST_P(AccessPatterns, ReadBackWhatWasJustWritten) {
  Descriptor file(here("old"), O_RDWR);
  EXPECT_EQ(file.read_at(2, 4), "2345");
  file.write_at(3, "xyz");
  EXPECT_EQ(file.read_all(), "012xyz6789");
  EXPECT_EQ(Descriptor(here("old"), O_RDONLY).read_all(), "012xyz6789")
      << "another handle, before the upload";
  EXPECT_EQ(there("old"), "0123456789");
  file.close();
  EXPECT_EQ(there("old"), "012xyz6789") << log();
}

TEST_P(AccessPatterns, OfTwoAppendersMixWholeWrites) {
  Descriptor first(here("log"), O_WRONLY | O_CREAT | O_APPEND);
  Descriptor second(here("log"), O_WRONLY | O_APPEND);
  first.write("one ");
  second.write("two ");
  first.write_at(0, "three ");  // Linux appends here, too
  second.write("four");
  first.close();
  second.close();
  EXPECT_EQ(there("log"), "one two three four") << log();
}

TEST_P(AccessPatterns, OfAppendingProcessesLoseNoLine) {
  const auto result = run_script(R"sh(
    for writer in a b; do
      ( exec >>"$1/log"; for i in $(seq 100); do echo "$writer $i"; done ) &
    done
    wait
    for writer in a b; do for i in $(seq 100); do echo "$writer $i"; done; done | sort >"$2/expected"
    sort "$1/log" | cmp - "$2/expected"
    sort "$3/log" | cmp - "$2/expected"
  )sh",
                                 {mount_->path(), scratch(), root()});
  EXPECT_TRUE(result.ok()) << result << log();
}

TEST_P(AccessPatterns, TruncateWhenOpening) {
  Descriptor reader(here("old"), O_RDONLY);
  Descriptor file(here("old"), O_WRONLY | O_TRUNC);
  EXPECT_EQ(file.size(), 0);
  file.write("new");
  file.close();
  EXPECT_EQ(there("old"), "new") << log();
  EXPECT_EQ(reader.read_all(), "new");
  Descriptor(here("old"), O_WRONLY | O_TRUNC).close();
  EXPECT_EQ(there("old"), "");
}

TEST_P(AccessPatterns, CreateExclusively) {
  EXPECT_EQ(::open(here("old").c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644), -1);
  EXPECT_EQ(errno, EEXIST);
  Descriptor file(here("new"), O_WRONLY | O_CREAT | O_EXCL);
  EXPECT_EQ(::open(here("new").c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644), -1) << "not uploaded yet";
  EXPECT_EQ(errno, EEXIST);
  file.close();
  EXPECT_TRUE(std::filesystem::exists(root() / "new"));
}

TEST_P(AccessPatterns, WriteAnywhereAndLeaveTheRest) {
  auto expected = random_bytes(3U << 20, 7);
  plant_file(root(), "large", expected);
  Descriptor file(here("large"), O_RDWR);
  for (const std::size_t at : {2'999'999U, 17U, 1'048'575U, 0U}) {
    file.write_at(static_cast<off_t>(at), "<written here>");
    expected.replace(at, 14, "<written here>");
  }
  EXPECT_TRUE(file.read_all() == expected);
  file.close();
  EXPECT_TRUE(there("large") == expected) << log();
}

TEST_P(AccessPatterns, LeaveHolesOfZeros) {
  Descriptor file(here("sparse"), O_RDWR | O_CREAT);
  file.write_at(1'000'000, "end");
  file.write_at(0, "begin");
  EXPECT_EQ(file.size(), 1'000'003);
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_DATA), 0);
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_HOLE), 1'000'003) << "no hole is claimed where none is known";
  EXPECT_EQ(file.read_at(3, 6), std::string("in\0\0\0\0", 6));
  file.close();
  std::string expected(1'000'003, '\0');
  expected.replace(0, 5, "begin");
  expected.replace(1'000'000, 3, "end");
  EXPECT_TRUE(there("sparse") == expected) << log();
}

TEST_P(AccessPatterns, TruncateUpAndDown) {
  Descriptor file(here("old"), O_RDWR);
  ASSERT_EQ(::ftruncate(file.get(), 4), 0);
  EXPECT_EQ(file.read_all(), "0123");
  ASSERT_EQ(::ftruncate(file.get(), 8), 0);
  EXPECT_EQ(file.read_all(), std::string("0123\0\0\0\0", 8)) << "what was cut off does not come back";
  file.close();
  EXPECT_EQ(there("old"), std::string("0123\0\0\0\0", 8)) << log();
  ASSERT_EQ(::truncate(here("old").c_str(), 2), 0);
  EXPECT_EQ(there("old"), "01");
  ASSERT_EQ(::truncate(here("old").c_str(), 5), 0);
  EXPECT_EQ(there("old"), std::string("01\0\0\0", 5));
}

TEST_P(AccessPatterns, AreOnTheServerAfterFsyncAndFdatasync) {
  Descriptor file(here("new"), O_WRONLY | O_CREAT);
  file.write("first");
  ASSERT_EQ(::fsync(file.get()), 0) << errno;
  EXPECT_EQ(there("new"), "first");
  file.write(" second");
  ASSERT_EQ(::fdatasync(file.get()), 0) << errno;
  EXPECT_EQ(there("new"), "first second");
  file.write(" third");
  file.close();
  EXPECT_EQ(there("new"), "first second third") << log();
}

TEST_P(AccessPatterns, AreOnTheServerWithOSync) {
  Descriptor file(here("new"), O_WRONLY | O_CREAT | O_SYNC);
  file.write("every write");
  EXPECT_EQ(there("new"), "every write") << log();
}

TEST_P(AccessPatterns, SaveAtEachCloseOfADuplicate) {
  Descriptor file(here("new"), O_WRONLY | O_CREAT);
  Descriptor twin(::dup(file.get()));
  file.write("one ");
  file.close();
  EXPECT_EQ(there("new"), "one ");
  twin.write("two");
  twin.close();
  EXPECT_EQ(there("new"), "one two") << log();
}

TEST_P(AccessPatterns, OfAForkedChildAreSavedAtItsEnd) {
  Descriptor file(here("new"), O_WRONLY | O_CREAT);
  file.write("parent ");
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::write(file.get(), "child ", 6) == 6 && ::close(file.get()) == 0 ? 0 : 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(there("new"), "parent child ") << "the child's close saves";
  file.write("parent");
  file.close();
  EXPECT_EQ(there("new"), "parent child parent") << log();
}

TEST_P(AccessPatterns, OfManyHandlesMeetInOneFile) {
  std::vector<Descriptor> handles;
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    handles.emplace_back(here("shared"), O_RDWR | O_CREAT);
    handles.back().write_at(i * 4, std::to_string(1000 + i));
    expected += std::to_string(1000 + i);
    EXPECT_EQ(handles.front().read_all(), expected);
  }
  for (auto& handle : handles) handle.close();
  EXPECT_EQ(there("shared"), expected) << log();
}

TEST_P(AccessPatterns, GoOnUnderTheNewNameAfterARename) {
  Descriptor file(here("draft"), O_RDWR | O_CREAT);
  file.write("before ");
  ASSERT_EQ(::rename(here("draft").c_str(), here("final").c_str()), 0) << errno;
  file.write("after");
  EXPECT_EQ(file.read_all(), "before after");
  file.close();
  EXPECT_EQ(there("final"), "before after") << log();
  EXPECT_FALSE(std::filesystem::exists(root() / "draft"));
}

TEST_P(AccessPatterns, ReplaceByRenameWhatIsOpen) {
  Descriptor reader(here("old"), O_RDONLY);
  EXPECT_EQ(reader.read_at(0, 3), "012");
  Descriptor file(here("old.tmp"), O_WRONLY | O_CREAT);
  file.write("replaced");
  file.close();
  ASSERT_EQ(::rename(here("old.tmp").c_str(), here("old").c_str()), 0) << errno << log();
  EXPECT_EQ(reader.read_all(), "0123456789") << "what is open stays what it was";
  EXPECT_EQ(there("old"), "replaced");
}

TEST_P(AccessPatterns, GoOnAfterAnUnlinkAndLeaveNothing) {
  Descriptor file(here("old"), O_RDWR);
  file.write_at(0, "x");
  ASSERT_EQ(::unlink(here("old").c_str()), 0) << errno;
  EXPECT_FALSE(std::filesystem::exists(root() / "old"));
  file.write_at(10, "appended");
  EXPECT_EQ(file.read_all(), "x123456789appended");
  struct stat status{};
  EXPECT_EQ(::fstat(file.get(), &status), 0);
  EXPECT_EQ(status.st_size, 18);
  file.close();
  EXPECT_FALSE(std::filesystem::exists(root() / "old")) << log();
}

TEST_P(AccessPatterns, BelowARenamedDirectoryFollowIt) {
  ASSERT_EQ(::mkdir(here("a").c_str(), 0755), 0);
  ASSERT_EQ(::mkdir(here("a/b").c_str(), 0755), 0);
  Descriptor first(here("a/first"), O_RDWR | O_CREAT);
  Descriptor second(here("a/b/second"), O_RDWR | O_CREAT);
  first.write("one ");
  second.write("two ");
  ASSERT_EQ(::rename(here("a").c_str(), here("moved").c_str()), 0) << errno << log();
  first.write("more");
  second.write("more");
  first.close();
  second.close();
  EXPECT_EQ(there("moved/first"), "one more") << log();
  EXPECT_EQ(there("moved/b/second"), "two more");
  EXPECT_FALSE(std::filesystem::exists(root() / "a"));
}

TEST_P(AccessPatterns, OfKernelCopiesArriveWhole) {
  const auto content = random_bytes(700'000, 3);
  plant_file(root(), "source", content);
  Descriptor from(here("source"), O_RDONLY);
  Descriptor to(here("ranged"), O_WRONLY | O_CREAT);
  for (std::size_t left = content.size(); left > 0;) {
    const auto count = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, left, 0);
    ASSERT_GT(count, 0) << errno;
    left -= static_cast<std::size_t>(count);
  }
  to.close();
  EXPECT_TRUE(there("ranged") == content) << log();

  Descriptor sent(here("sent"), O_WRONLY | O_CREAT);
  off_t offset = 0;
  while (offset < static_cast<off_t>(content.size())) {
    ASSERT_GT(::sendfile(sent.get(), from.get(), &offset, content.size()), 0) << errno;
  }
  sent.close();
  EXPECT_TRUE(there("sent") == content) << log();

  const auto copied = run_script(R"sh(
    cp "$1/source" "$1/plain"; cp --sparse=always "$1/source" "$1/sparse"; cp --reflink=auto "$1/source" "$1/linked"
    for copy in plain sparse linked; do cmp "$1/source" "$2/$copy"; done
  )sh",
                                 {mount_->path(), root()});
  EXPECT_TRUE(copied.ok()) << copied << log();
}

TEST_P(AccessPatterns, AllocateAndPunchHoles) {
  Descriptor file(here("old"), O_RDWR);
  ASSERT_EQ(::posix_fallocate(file.get(), 8, 8), 0);
  EXPECT_EQ(file.size(), 16);
  ASSERT_EQ(::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 3), 0) << errno;
  EXPECT_EQ(file.read_all(), std::string("01\0\0\0"
                                         "56789\0\0\0\0\0\0",
                                         16));
  file.close();
  EXPECT_EQ(there("old"), std::string("01\0\0\0"
                                      "56789\0\0\0\0\0\0",
                                      16))
      << log();
}

}  // namespace
}  // namespace ftpsfs::mount_test
