// Files written through shared mappings (mmap).

#include <sys/mman.h>

#include "mount/descriptor.h"
#include "mount/few_servers.h"
#include "mount/tree.h"

namespace ftpsfs::mount_test {
namespace {

constexpr std::size_t kPage = 4096;
constexpr Milliseconds kSoon{30'000};

// A shared mapping of a whole file.
class Mapping {
 public:
  Mapping(const Descriptor& file, std::size_t size) : size_(size) {
    void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (at == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    bytes_ = static_cast<char*>(at);
  }
  ~Mapping() { unmap(); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  void put(std::size_t offset, std::string_view text) { text.copy(bytes_ + offset, text.size()); }
  std::string get(std::size_t offset, std::size_t size) const { return {bytes_ + offset, size}; }
  int sync() { return ::msync(bytes_, size_, MS_SYNC); }
  void unmap() {
    if (bytes_ != nullptr) ::munmap(std::exchange(bytes_, nullptr), size_);
  }

 private:
  char* bytes_ = nullptr;
  std::size_t size_;
};

class MappedFiles : public OnServer {
 protected:
  void SetUp() override {
    OnServer::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    content_ = random_bytes(3 * kPage, 5);
    plant_file(root(), "file", content_);
    mount_ = std::make_unique<MountedFs>(endpoint());
  }

  std::filesystem::path here(const std::string& name) const { return *mount_ / name; }
  std::string there(const std::string& name) const { return read_file(root() / name); }

  // What the file is to be when `text` has been put at `offset`.
  std::string expected(std::size_t offset, std::string_view text) {
    content_.replace(offset, text.size(), text);
    return content_;
  }

  std::string content_;
  std::unique_ptr<MountedFs> mount_;
};

FTPSFS_ON_FEW_SERVERS(MappedFiles);

TEST_P(MappedFiles, AreOnTheServerAfterMsync) {
  Descriptor file(here("file"), O_RDWR);
  Mapping mapping(file, content_.size());
  EXPECT_TRUE(mapping.get(0, content_.size()) == content_);
  mapping.put(kPage + 10, "mapped");
  ASSERT_EQ(mapping.sync(), 0) << errno;
  EXPECT_TRUE(there("file") == expected(kPage + 10, "mapped")) << mount_->log();
}

TEST_P(MappedFiles, AreOnTheServerAfterCloseWithoutMsync) {
  Descriptor file(here("file"), O_RDWR);
  Mapping mapping(file, content_.size());
  mapping.put(5, "mapped");
  file.close();
  EXPECT_TRUE(there("file") == expected(5, "mapped")) << mount_->log();
}

// The kernel tells of the end of the last mapping, and waits for nobody.
TEST_P(MappedFiles, WrittenAfterCloseReachTheServerAfterMunmap) {
  Descriptor file(here("file"), O_RDWR);
  Mapping mapping(file, content_.size());
  file.close();
  mapping.put(2 * kPage + 1, "late");
  mapping.unmap();
  const auto wanted = expected(2 * kPage + 1, "late");
  EXPECT_TRUE(eventually(kSoon, [&] { return there("file") == wanted; })) << mount_->log();
}

TEST_P(MappedFiles, WrittenAfterCloseAreSavedByAnUnmount) {
  {
    Descriptor file(here("file"), O_RDWR);
    Mapping mapping(file, content_.size());
    file.close();
    mapping.put(7, "late");
  }
  EXPECT_EQ(mount_->unmount(), 0) << mount_->log();
  EXPECT_TRUE(there("file") == expected(7, "late"));
}

TEST_P(MappedFiles, ShowWhatOthersWriteAndTheOtherWayRound) {
  Descriptor file(here("file"), O_RDWR);
  Mapping mapping(file, content_.size());
  file.write_at(100, "by write");
  EXPECT_EQ(mapping.get(100, 8), "by write");
  mapping.put(200, "by memory");
  EXPECT_EQ(file.read_at(200, 9), "by memory");
}

// Pages have their place, whatever the flags of the descriptor that the kernel brings them through.
TEST_P(MappedFiles, OfAnAppendingDescriptorStayInPlace) {
  Descriptor file(here("file"), O_RDWR | O_APPEND);
  Mapping mapping(file, content_.size());
  mapping.put(3, "mapped");
  file.write("appended");
  ASSERT_EQ(mapping.sync(), 0) << errno;
  mapping.unmap();
  file.close();
  EXPECT_TRUE(there("file") == expected(3, "mapped") + "appended") << mount_->log();
}

TEST_P(MappedFiles, ThatAreNewAreMadeAsLinkersDo) {
  Descriptor file(here("new"), O_RDWR | O_CREAT);
  ASSERT_EQ(::ftruncate(file.get(), 2 * kPage), 0);
  Mapping mapping(file, 2 * kPage);
  mapping.put(0, "head");
  mapping.put(2 * kPage - 4, "tail");
  mapping.unmap();
  file.close();
  std::string wanted(2 * kPage, '\0');
  wanted.replace(0, 4, "head");
  wanted.replace(2 * kPage - 4, 4, "tail");
  EXPECT_TRUE(there("new") == wanted) << mount_->log();
}

}  // namespace
}  // namespace ftpsfs::mount_test
