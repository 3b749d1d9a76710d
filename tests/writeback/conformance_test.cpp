#include "conformance/remote_fs_conformance.h"

#include "ftpsfs/writeback/writeback_fs.h"
#include "support/memory_remote_fs.h"
#include "support/temporary_folder.h"

namespace ftpsfs::testing {
namespace {

// Asks for deferral at every store.
class Deferring final : public remote::RemoteFs {
 public:
  explicit Deferring(remote::RemoteFs& fs) : fs_(fs) {}

  base::Result<remote::Stored> store(const model::RemotePath& path, const remote::UploadContent& content,
                                     const remote::StoreOptions& options,
                                     const base::OpContext& ctx) override {
    auto deferrable = options;
    deferrable.deferrable = true;
    return fs_.store(path, content, deferrable, ctx);
  }
  base::Result<model::Attributes> stat(const model::RemotePath& path, const base::OpContext& ctx) override {
    return fs_.stat(path, ctx);
  }
  base::Result<model::Listing> list(const model::RemotePath& directory, const base::OpContext& ctx) override {
    return fs_.list(directory, ctx);
  }
  base::Result<std::unique_ptr<remote::ByteSource>> open_read(
      const model::RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
      const base::OpContext& ctx) override {
    return fs_.open_read(path, offset, expected, ctx);
  }
  base::Status remove_file(const model::RemotePath& path, const base::OpContext& ctx) override {
    return fs_.remove_file(path, ctx);
  }
  base::Status make_directory(const model::RemotePath& path, const base::OpContext& ctx) override {
    return fs_.make_directory(path, ctx);
  }
  base::Status remove_directory(const model::RemotePath& path, const base::OpContext& ctx) override {
    return fs_.remove_directory(path, ctx);
  }
  base::Status rename(const model::RemotePath& from, const model::RemotePath& to,
                      const base::OpContext& ctx) override {
    return fs_.rename(from, to, ctx);
  }
  base::Status set_modified(const model::RemotePath& path, base::SystemTime modified,
                            const base::OpContext& ctx) override {
    return fs_.set_modified(path, modified, ctx);
  }
  base::Status set_mode(const model::RemotePath& path, std::uint32_t mode,
                        const base::OpContext& ctx) override {
    return fs_.set_mode(path, mode, ctx);
  }
  base::Result<std::string> read_link(const model::RemotePath& path, const base::OpContext& ctx) override {
    return fs_.read_link(path, ctx);
  }
  base::Status make_symlink(const model::RemotePath& link, const std::string& target,
                            const base::OpContext& ctx) override {
    return fs_.make_symlink(link, target, ctx);
  }
  base::Result<std::optional<remote::Space>> space(const base::OpContext& ctx) override {
    return fs_.space(ctx);
  }

 private:
  remote::RemoteFs& fs_;
};

class WrittenBack final : public RemoteFsFixture {
 public:
  explicit WrittenBack(writeback::WritebackOptions options) {
    remote_.set_time(std::chrono::system_clock::now());
    options.folder = folder_.path() / "journal";
    fs_ = writeback::WritebackFs::open(remote_, std::move(options), {}).value();
    deferring_.emplace(*fs_);
  }
  remote::RemoteFs& fs() override { return *deferring_; }

 private:
  TemporaryFolder folder_;
  MemoryRemoteFs remote_;
  std::unique_ptr<writeback::WritebackFs> fs_;
  std::optional<Deferring> deferring_;
};

ConformanceCase written_back(std::string name, const writeback::WritebackOptions& options) {
  return {std::move(name), [options] { return std::make_unique<WrittenBack>(options); }};
}

constexpr std::uint64_t kRoomy = 64 << 20;

INSTANTIATE_TEST_SUITE_P(
    Writeback, RemoteFsConformance,
    ::testing::Values(written_back("held_back",
                                   {.folder = {}, .delay = std::chrono::hours(1), .most_bytes = kRoomy}),
                      written_back("at_once", {.folder = {},
                                               .delay = std::chrono::milliseconds(0),
                                               .most_bytes = kRoomy,
                                               .most_uploads = 3}),
                      written_back("tight", {.folder = {}, .delay = std::chrono::hours(1), .most_bytes = 10}),
                      written_back("refusing", {.folder = {}, .accepts = false, .most_bytes = kRoomy})),
    name_of_case);

}  // namespace
}  // namespace ftpsfs::testing
