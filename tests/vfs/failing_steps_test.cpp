// What programs do with files, over FTP, and a server that misbehaves at each step of it in turn.

#include "support/failing_steps.h"

#include "vfs_fixture.h"

namespace ftpsfs::vfs {
namespace {

using testing::edits;
using testing::Misbehaviour;
using testing::moves;
using testing::puts;
using testing::removes;
using testing::StepServer;
using testing::World;
using testing::Worlds;

const World kFirst{{"file", std::string(50'000, 'f')}, {"log", "line\n"}, {"other", "x"}};

// A mount without a kernel, and the calls of a program that reports its errors.
class Mount {
 public:
  explicit Mount(remote::RemoteFs& server)
      : cache_(server, cache::MetadataCacheOptions{}, base::steady_clock()),
        vfs_(cache_, cache::SpoolDirectory::open(folder_.path() / "spool", 1 << 30).value(), {}) {}

  base::Status create(std::string_view name, const std::string& content) {
    const auto made = vfs_.create(kRootInode, name, 0644, {.write = true}, context());
    if (!made) return std::unexpected(made.error());
    return write_and_close(made->file.handle, 0, content);
  }

  base::Status write(std::string_view name, const OpenFlags& flags, std::uint64_t offset,
                     const std::string& content) {
    const auto found = vfs_.lookup(kRootInode, name, context());
    if (!found) return std::unexpected(found.error());
    const auto opened = vfs_.open(found->inode, flags, context());
    if (!opened) return std::unexpected(opened.error());
    return write_and_close(opened->handle, offset, content);
  }

  base::Status rename(std::string_view from, std::string_view to) {
    return vfs_.rename(kRootInode, from, kRootInode, to, RenameMode::replace, context());
  }
  base::Status remove(std::string_view name) { return vfs_.remove_file(kRootInode, name, context()); }
  base::Status save_all() { return vfs_.flush_all(context()); }

 private:
  static base::OpContext context() { return testing::test_context(); }

  base::Status write_and_close(HandleId handle, std::uint64_t offset, const std::string& content) {
    auto written = vfs_.write(handle, offset, std::as_bytes(std::span(content)), context());
    auto flushed = vfs_.flush(handle, context());
    vfs_.release(handle, context());
    return written ? flushed : written;
  }

  testing::TemporaryFolder folder_;
  cache::MetadataCache cache_;
  Vfs vfs_;
};

class FailingSteps : public ::testing::TestWithParam<Misbehaviour> {
 protected:
  static void scenario(StepServer& server, bool saves_in_the_end) {
    Mount mount(server.fs());
    const std::string created = testing::patterned_bytes(40'000);
    Worlds worlds(kFirst);
    worlds.called(puts("new", created), mount.create("new", created));
    worlds.called(edits("log", [](std::string text) { return std::move(text) + "more\n"; }),
                  mount.write("log", {.write = true, .append = true}, 0, "more\n"));
    worlds.called(edits("file", [](std::string text) { return std::move(text).replace(20'000, 5, "in it"); }),
                  mount.write("file", {.write = true}, 20'000, "in it"));
    worlds.called(puts("log", "rewritten"),
                  mount.write("log", {.write = true, .truncate = true}, 0, "rewritten"));
    worlds.called(moves("new", "file"), mount.rename("new", "file"));
    worlds.called(removes("other"), mount.remove("other"));

    server.recover();
    testing::expect_nothing_half(server.on_disk(), worlds, GetParam(), "new");

    // What could not be saved is kept, so that nothing stays half once the server is well again.
    const auto saved = mount.save_all();
    EXPECT_TRUE(saved || !saves_in_the_end) << saved.error().describe();
    const World after = server.on_disk();
    EXPECT_TRUE(!saved || worlds.allow(after)) << "found:" << testing::summary(after) << "\n" << worlds;
  }
};

INSTANTIATE_TEST_SUITE_P(OfOneScenario, FailingSteps, ::testing::ValuesIn(testing::misbehaviours()),
                         testing::misbehaviour_name);

// A server that keeps refusing refuses logins, too, and these are not tried again at once.
TEST_P(FailingSteps, LeaveOldOrNewAndLoseNothing) {
  const bool saves_in_the_end = !GetParam().for_good;
  testing::at_every_step(kFirst, GetParam(), [&](StepServer& server) { scenario(server, saves_in_the_end); });
}

}  // namespace
}  // namespace ftpsfs::vfs
