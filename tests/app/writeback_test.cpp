#include "writeback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support/memory_remote_fs.h"
#include "support/temporary_folder.h"

namespace ftpsfs::app {
namespace {

Source source(std::string_view text) { return parse_source(text, std::nullopt).value(); }

std::filesystem::path folder_of(std::string_view text, const std::string& user = "user") {
  Options options;
  options.journal_folder = "/journals";
  return journal_folder(options, source(text), user).value();
}

TEST(JournalFolder, IsReadable) {
  EXPECT_EQ(folder_of("ftpes://example.net/pub/a b"), "/journals/user@example.net_21%2Fpub%2Fa%20b");
}

TEST(JournalFolder, IsTheSameHoweverTheSourceIsWritten) {
  EXPECT_EQ(folder_of("ftpes://example.net/pub"), folder_of("user@example.net:/pub"));
  EXPECT_EQ(folder_of("ftps://example.net:2121/pub"), folder_of("ftpes://example.net:2121/pub"));
}

TEST(JournalFolder, DiffersWhereverFilesMayDiffer) {
  const std::set<std::filesystem::path> folders{
      folder_of("ftpes://example.net"),         folder_of("ftpes://example.net/"),
      folder_of("ftpes://example.net/a/b"),     folder_of("ftpes://example.net/a_b"),
      folder_of("ftpes://example.net/a%252Fb"), folder_of("ftpes://example.net:2121/"),
      folder_of("ftpes://example.org"),         folder_of("ftpes://example.net", "other"),
      folder_of("ftpes://example.net", ".."),   folder_of("ftpes://example.net", "user@example.net_21"),
  };
  EXPECT_EQ(folders.size(), 10U);
  for (const auto& folder : folders) EXPECT_EQ(folder.parent_path(), "/journals");
}

TEST(JournalFolder, OfALongSourceHasSeveralComponents) {
  const std::string deep = "ftpes://example.net/" + std::string(150, 'a') + "/" + std::string(150, 'b');
  const auto folder = folder_of(deep);
  for (const auto& name : folder) EXPECT_LE(name.native().size(), 255U);
  EXPECT_NE(folder, folder_of(deep + "c"));
}

class OpenWriteback : public ::testing::Test {
 protected:
  OpenWriteback() { options_.journal_folder = folder_.path() / "journals"; }

  std::unique_ptr<writeback::WritebackFs> open() {
    return open_writeback(options_, source("example.net"), "user", server_).value();
  }

  testing::TemporaryFolder folder_;
  testing::MemoryRemoteFs server_;
  Options options_;
};

TEST_F(OpenWriteback, DoesNothingWithoutTheOption) {
  EXPECT_EQ(open(), nullptr);
  EXPECT_FALSE(std::filesystem::exists(*options_.journal_folder));
}

TEST_F(OpenWriteback, IsNothingForAMountThatChangesNothing) {
  options_.writeback_delay = std::chrono::seconds(5);
  options_.read_only = true;
  EXPECT_EQ(open(), nullptr);
}

TEST_F(OpenWriteback, UploadsWhatAnEarlierMountHasLeftAlsoWithoutTheOption) {
  const auto path = model::RemotePath::parse("/file").value();
  const auto ctx = base::OpContext::with_timeout(std::chrono::seconds(60));
  options_.writeback_delay = std::chrono::hours(1);
  remote::UploadContent content{.size = 1, .read_at = {}};
  content.read_at = [](std::uint64_t, std::span<std::byte> out,
                       const base::OpContext&) -> base::Result<std::size_t> {
    out[0] = std::byte{'x'};
    return 1;
  };
  ASSERT_TRUE(open()->store(path, content, {.creates = true, .deferrable = true}, ctx));
  EXPECT_EQ(server_.content("/file"), std::nullopt);

  options_.writeback_delay.reset();
  const auto again = open();
  ASSERT_NE(again, nullptr);
  finish_writeback(*again, options_);
  EXPECT_EQ(server_.content("/file"), "x");
}

}  // namespace
}  // namespace ftpsfs::app
