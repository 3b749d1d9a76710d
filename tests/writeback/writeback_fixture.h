#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "ftpsfs/writeback/writeback_fs.h"
#include "support/fake_clock.h"
#include "support/memory_remote_fs.h"
#include "support/temporary_folder.h"

namespace ftpsfs::writeback {

using testing::MemoryRemoteFs;
using Operation = MemoryRemoteFs::Operation;

inline base::OpContext soon() { return base::OpContext::with_timeout(std::chrono::seconds(60)); }
inline model::RemotePath path_of(std::string_view text) { return model::RemotePath::parse(text).value(); }

// `text` must live as long as the result.
remote::UploadContent content_of(const std::string& text);

base::Result<std::string> read_all(remote::ByteSource& source);

// A WritebackFs over a server in memory. Its clock stands still: nothing is uploaded until a test lets time pass or
// somebody settles.
class WritebackTest : public ::testing::Test {
 protected:
  WritebackTest();

  void open(std::uint64_t most_bytes = 1 << 20);
  void reopen() {
    fs_.reset();
    open();
  }
  WritebackFs& fs() { return *fs_; }
  std::filesystem::path journal() const { return folder_.path() / "journal"; }

  base::Result<remote::Stored> store(std::string_view path, const std::string& text,
                                     remote::StoreOptions options = {});
  base::Status settle(std::string_view path = "/") { return fs().settle(path_of(path), soon()); }
  base::Result<std::string> read(std::string_view path);
  std::size_t stores() const { return remote_.calls(Operation::store); }
  std::vector<std::string> names(std::string_view directory);

  testing::TemporaryFolder folder_;
  testing::FakeClock clock_;
  MemoryRemoteFs remote_;
  WritebackOptions options_;
  std::unique_ptr<WritebackFs> fs_;
};

template <class T>
base::Errc code_of(const base::Result<T>& result) {
  EXPECT_FALSE(result) << "succeeded";
  return result ? base::Errc::internal : result.error().code;
}

}  // namespace ftpsfs::writeback
