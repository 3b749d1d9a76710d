#include "conformance/remote_fs_conformance.h"

#include "ftpsfs/writeback/writeback_fs.h"
#include "support/memory_remote_fs.h"
#include "support/temporary_folder.h"
#include "writeback/forwarding_remote_fs.h"

namespace ftpsfs::testing {
namespace {

// Asks for deferral at every store.
class Deferring final : public ForwardingRemoteFs {
 public:
  using ForwardingRemoteFs::ForwardingRemoteFs;

  base::Result<remote::Stored> store(const model::RemotePath& path, const remote::UploadContent& content,
                                     const remote::StoreOptions& options,
                                     const base::OpContext& ctx) override {
    auto deferrable = options;
    deferrable.deferrable = true;
    return ForwardingRemoteFs::store(path, content, deferrable, ctx);
  }
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
