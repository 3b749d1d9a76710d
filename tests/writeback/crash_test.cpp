// A crash at every step by which the journal becomes durable. What a kill leaves at a step is a copy of the journal as it
// is then, and a server that hears nothing more.

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>

#include "durability_steps.h"
#include "forwarding_remote_fs.h"
#include "writeback_fixture.h"

namespace ftpsfs::writeback {
namespace {

using base::Errc;
using std::chrono::seconds;

using Tree = std::map<std::string, std::string>;

struct Operation {
  std::function<base::Status(WritebackFs&, MemoryRemoteFs&)> perform;
  std::function<void(Tree&)> on_tree;
};

Operation put(const std::string& path, const std::string& text) {
  return {[=](WritebackFs& fs, MemoryRemoteFs&) -> base::Status {
            remote::StoreOptions options{.deferrable = true};
            if (auto ok = fs.store(path_of(path), content_of(text), options, soon()); !ok) {
              return std::unexpected(ok.error());
            }
            return {};
          },
          [=](Tree& tree) { tree[path] = text; }};
}

Operation move(const std::string& from, const std::string& to) {
  return {[=](WritebackFs& fs, MemoryRemoteFs&) { return fs.rename(path_of(from), path_of(to), soon()); },
          [=](Tree& tree) {
            tree[to] = tree[from];
            tree.erase(from);
          }};
}

Operation remove(const std::string& path) {
  return {[=](WritebackFs& fs, MemoryRemoteFs&) { return fs.remove_file(path_of(path), soon()); },
          [=](Tree& tree) { tree.erase(path); }};
}

Operation touch(const std::string& path) {
  return {[=](WritebackFs& fs, MemoryRemoteFs&) {
            return fs.set_modified(path_of(path), base::SystemTime(seconds(1'500'000'000)), soon());
          },
          [](Tree&) {}};
}

Operation settle_all() {
  return {[](WritebackFs& fs, MemoryRemoteFs&) { return fs.settle({}, soon()); }, [](Tree&) {}};
}

// An upload whose reply is lost.
Operation settle_in_vain() {
  return {[](WritebackFs& fs, MemoryRemoteFs& remote) -> base::Status {
            remote.lose_next_answer(MemoryRemoteFs::Operation::store);
            static_cast<void>(fs.settle({}, soon()));
            return {};
          },
          [](Tree&) {}};
}

std::vector<Operation> scenario() {
  return {put("/a", "one"),
          put("/a", "number two"),
          settle_all(),
          put("/a", "three 33"),
          put("/temporary", "4"),
          move("/temporary", "/a"),
          put("/c", "c"),
          remove("/c"),
          put("/d", "d"),
          settle_all(),
          remove("/d"),
          put("/e", "eee"),
          touch("/e"),
          put("/f", "first f"),
          move("/f", "/g"),
          settle_in_vain(),
          put("/g", "g"),
          put("/e", "later e"),
          settle_in_vain(),
          put("/g", "newer g"),
          settle_all(),
          put("/a", "last"),
          move("/a", "/z"),
          put("/a", "new a")};
}

// Until the crash everything goes to the server, afterwards nothing.
class Line final : public testing::ForwardingRemoteFs {
 public:
  using ForwardingRemoteFs::ForwardingRemoteFs;
  base::Status admit() override {
    if (dead_) return base::fail(Errc::connection_lost, "the process is dead");
    return {};
  }
  void cut() { dead_ = true; }

 private:
  std::atomic<bool> dead_ = false;
};

Tree tree_of(const MemoryRemoteFs& remote, WritebackFs& fs) {
  Tree tree;
  const auto listing = fs.list({}, soon());
  EXPECT_TRUE(listing);
  for (const auto& entry : *listing) {
    const auto path = "/" + entry.name;
    tree[path] = remote.content(path).value_or("(nothing)");
  }
  return tree;
}

struct Crash {
  std::size_t done = 0;  // operations that had been acknowledged
  std::size_t stores = 0;
};

class CrashAtStep {
 public:
  explicit CrashAtStep(std::size_t step) : step_(step) {
    remote_.set_time(std::chrono::system_clock::now());
    remote_.put_file("/a", "from long ago");
  }

  // Nothing: the scenario has fewer steps.
  std::optional<Crash> run() {
    std::size_t step = 0;
    std::atomic<std::size_t> done = 0;
    std::optional<Crash> crash;
    Line line(remote_);
    const testing::DurabilitySteps steps([&] {
      if (++step != step_) return;
      line.cut();
      std::filesystem::copy(folder_.path() / "journal", copy(), std::filesystem::copy_options::recursive);
      crash = Crash{done, remote_.calls(MemoryRemoteFs::Operation::store)};
    });
    auto fs = WritebackFs::open(line, options(folder_.path() / "journal"), soon(), clock_).value();
    for (const auto& operation : scenario()) {
      if (!operation.perform(*fs, remote_)) break;  // after the crash only
      ++done;
    }
    fs.reset();
    if (!crash) {
      EXPECT_EQ(done, scenario().size());
    }
    return crash;
  }

  void recover_from(const Crash& crash) {
    auto fs = WritebackFs::open(remote_, options(copy()), soon(), clock_).value();
    auto settled = fs->settle({}, soon());
    if (!settled) settled = fs->settle({}, soon());  // the reply that was to be lost before the crash
    ASSERT_TRUE(settled) << settled.error().describe();
    Tree before{{"/a", "from long ago"}};
    const auto operations = scenario();
    for (std::size_t i = 0; i < crash.done; ++i) operations[i].on_tree(before);
    Tree after = before;
    if (crash.done < operations.size()) operations[crash.done].on_tree(after);
    EXPECT_THAT(tree_of(remote_, *fs), ::testing::AnyOf(before, after));
    const auto report = fs->report();
    EXPECT_TRUE(report.conflicts.empty());
    EXPECT_TRUE(report.lost.empty());
    const auto stores = remote_.calls(MemoryRemoteFs::Operation::store);
    ASSERT_TRUE(fs->settle({}, soon()));
    EXPECT_EQ(remote_.calls(MemoryRemoteFs::Operation::store), stores) << "nothing is left to send";
    EXPECT_FALSE(WritebackFs::has_waiting(copy()));
  }

 private:
  static WritebackOptions options(const std::filesystem::path& folder) {
    return {.folder = folder, .most_bytes = 1 << 20, .most_uploads = 2};
  }
  std::filesystem::path copy() const { return folder_.path() / "copy"; }

  const std::size_t step_;
  testing::TemporaryFolder folder_;
  testing::FakeClock clock_;
  MemoryRemoteFs remote_;
};

TEST(WritebackCrash, AtAnyStepLosesNothingThatWasAcknowledged) {
  std::size_t step = 1;
  for (;; ++step) {
    SCOPED_TRACE("crash at step " + std::to_string(step));
    CrashAtStep trial(step);
    const auto crash = trial.run();
    if (!crash) break;
    trial.recover_from(*crash);
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_GT(step, 100u);
}

// On the way to lost+found a content is here or there, and never nowhere.
TEST(WritebackCrash, OnTheWayToLostAndFoundKeepsTheContent) {
  std::size_t step = 1;
  for (bool crashed = true; crashed; ++step) {
    SCOPED_TRACE("crash at step " + std::to_string(step));
    const testing::TemporaryFolder folder;
    const auto copy = folder.path() / "copy";
    MemoryRemoteFs remote;
    const testing::FakeClock clock;
    WritebackOptions options{.folder = folder.path() / "journal", .most_bytes = 100};
    crashed = false;
    {
      auto fs = WritebackFs::open(remote, options, soon(), clock).value();
      ASSERT_TRUE(put("/file", "content").perform(*fs, remote));
      remote.fail_next(MemoryRemoteFs::Operation::store, Errc::permission_denied, 3);
      std::size_t steps_done = 0;
      const testing::DurabilitySteps steps([&] {
        if (++steps_done != step) return;
        crashed = true;
        std::filesystem::copy(options.folder, copy, std::filesystem::copy_options::recursive);
      });
      while (!fs->report().waiting.empty()) static_cast<void>(fs->settle({}, soon()));
    }
    if (!crashed) break;
    options.folder = copy;
    auto fs = WritebackFs::open(remote, options, soon(), clock).value();
    ASSERT_TRUE(fs->settle({}, soon()));
    const bool arrived = remote.content("/file") == "content";
    const auto lost = fs->report().lost;
    EXPECT_TRUE(arrived || lost.size() == 1);
    for (const auto& file : lost) EXPECT_EQ(std::filesystem::file_size(file.kept), 7u);
  }
  EXPECT_GT(step, 10u);
}

}  // namespace
}  // namespace ftpsfs::writeback
