// Random changes of a server in memory, and the same through a WritebackFs that defers what it can. Each answer must be
// the same, and once everything has settled, both servers.

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <random>

#include "writeback_fixture.h"

namespace ftpsfs::writeback {
namespace {

using base::Errc;
using std::chrono::seconds;

struct Entry {
  model::FileType type;
  std::string content;
  std::optional<base::SystemTime> modified;
  friend bool operator==(const Entry&, const Entry&) = default;
};
using Tree = std::map<std::string, Entry>;

void collect(remote::RemoteFs& fs, const model::RemotePath& directory, Tree& tree) {
  const auto listing = fs.list(directory, soon());
  ASSERT_TRUE(listing) << listing.error().describe();
  for (const auto& entry : *listing) {
    const auto path = directory.child(entry.name).value();
    Entry found{.type = entry.attributes.type, .content = {}, .modified = entry.attributes.modified};
    if (found.type == model::FileType::file) {
      auto source = fs.open_read(path, 0, std::nullopt, soon());
      ASSERT_TRUE(source) << path.str() << source.error().describe();
      found.content = read_all(**source).value();
    }
    ASSERT_TRUE(tree.emplace(path.str(), found).second) << path.str() << " is listed twice";
    if (found.type == model::FileType::directory) collect(fs, path, tree);
  }
}

Tree tree_of(remote::RemoteFs& fs) {
  Tree tree;
  collect(fs, {}, tree);
  return tree;
}

// Without the times, which are the server's only once it has the file.
std::map<std::string, std::string> contents_of(remote::RemoteFs& fs) {
  std::map<std::string, std::string> contents;
  for (const auto& [path, entry] : tree_of(fs)) contents[path] = entry.content;
  return contents;
}

std::string outcome(const base::Status& status) {
  return status ? "done" : std::string(base::to_string(status.error().code));
}

class Round {
 public:
  explicit Round(unsigned seed) : random_(seed) {
    const base::SystemTime now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
    ours_.set_time(now);
    plain_.set_time(now);
    options_ = {.folder = folder_.path() / "journal",
                .accepts = true,
                .delay = std::chrono::milliseconds(pick({0, 5, 3'600'000})),
                .keeps_times = false,
                .most_bytes = static_cast<std::uint64_t>(pick({40, 100'000})),
                .most_uploads = static_cast<std::size_t>(pick({1, 3}))};
    reopen();
  }

  void run(int operations) {
    for (int i = 0; i < operations; ++i) {
      const auto [what, mine, theirs] = change();
      SCOPED_TRACE(fmt::format("operation {}: {}", i, what));
      ASSERT_EQ(outcome(mine), outcome(theirs));
      if (i % 10 == 0) {
        ASSERT_EQ(contents_of(*fs_), contents_of(plain_));
      }
      if (chance(3)) reopen();
      if (chance(3)) interrupt_an_upload();
    }
    const auto settled = fs_->settle({}, soon());
    ASSERT_TRUE(settled) << settled.error().describe();
    EXPECT_TRUE(tree_of(ours_) == tree_of(plain_));
    EXPECT_EQ(contents_of(ours_), contents_of(plain_));
    EXPECT_TRUE(tree_of(*fs_) == tree_of(plain_));
    EXPECT_TRUE(fs_->report().conflicts.empty());
    EXPECT_TRUE(fs_->report().lost.empty());
    EXPECT_EQ(fs_->report().waiting_bytes, 0u);
    EXPECT_FALSE(WritebackFs::has_waiting(options_.folder));
  }

 private:
  struct Step {
    std::string what;
    base::Status ours;
    base::Status plain;
  };

  int number(int below) { return std::uniform_int_distribution(0, below - 1)(random_); }
  bool chance(int percent) { return number(100) < percent; }
  int pick(std::vector<int> from) {
    return from[static_cast<std::size_t>(number(static_cast<int>(from.size())))];
  }

  model::RemotePath path() {
    static const std::vector<std::string> names{"/a",   "/b",     "/d",  "/d/a",  "/d/b",
                                                "/d/e", "/d/e/a", "/d-", "/d/e/d"};
    return path_of(names[static_cast<std::size_t>(number(static_cast<int>(names.size())))]);
  }

  void reopen() {
    fs_.reset();
    fs_ = WritebackFs::open(ours_, options_, soon()).value();
  }

  // Either nothing of it arrives, or all of it and no answer.
  void interrupt_an_upload() {
    if (chance(50)) {
      ours_.lose_next_answer(MemoryRemoteFs::Operation::store);
    } else {
      ours_.fail_next(MemoryRemoteFs::Operation::store, Errc::connection_lost);
    }
    const auto path = path_of("/interrupted");
    const std::string text(static_cast<std::size_t>(number(9)), 'i');
    const remote::StoreOptions options{.deferrable = true};
    static_cast<void>(fs_->store(path, content_of(text), options, soon()));
    static_cast<void>(fs_->settle({}, soon()));
    while (!fs_->store(path, content_of(text), options, soon())) continue;
    while (!fs_->settle({}, soon())) continue;
    ASSERT_TRUE(plain_.store(path, content_of(text), {}, soon()));
  }

  template <class Change>
  Step both(std::string what, Change&& change) {
    return {std::move(what), change(static_cast<remote::RemoteFs&>(*fs_)),
            change(static_cast<remote::RemoteFs&>(plain_))};
  }

  Step store() {
    const std::string text(static_cast<std::size_t>(number(20)), static_cast<char>('a' + number(26)));
    remote::StoreOptions options{.deferrable = chance(80)};
    if (chance(30)) options.modified = base::SystemTime(seconds(1'600'000'000 + number(1000)));
    if (chance(50)) {
      if (const auto seen = fs_->stat(at_, soon())) options.replaces = *seen;
    }
    return both(fmt::format("store {} {}", at_.str(), text), [&](remote::RemoteFs& fs) -> base::Status {
      if (auto ok = fs.store(at_, content_of(text), options, soon()); !ok) return std::unexpected(ok.error());
      return {};
    });
  }

  Step change() {
    at_ = path();
    const auto other = path();
    const auto time = base::SystemTime(seconds(1'500'000'000 + number(1000)));
    switch (number(10)) {
      case 0: return both("mkdir " + at_.str(), [&](auto& fs) { return fs.make_directory(at_, soon()); });
      case 1: return both("rmdir " + at_.str(), [&](auto& fs) { return fs.remove_directory(at_, soon()); });
      case 2: return both("remove " + at_.str(), [&](auto& fs) { return fs.remove_file(at_, soon()); });
      case 3:
      case 4:
        return both("rename " + at_.str() + " " + other.str(),
                    [&](auto& fs) { return fs.rename(at_, other, soon()); });
      case 5: return both("touch " + at_.str(), [&](auto& fs) { return fs.set_modified(at_, time, soon()); });
      default: break;
    }
    if (const auto there = plain_.stat(at_, soon()); there && there->type == model::FileType::directory) {
      return both("stat " + at_.str(), [&](auto& fs) -> base::Status {
        if (auto ok = fs.stat(at_, soon()); !ok) return std::unexpected(ok.error());
        return {};
      });
    }
    return store();
  }

  std::mt19937 random_;
  testing::TemporaryFolder folder_;
  MemoryRemoteFs ours_;
  MemoryRemoteFs plain_;
  WritebackOptions options_;
  std::unique_ptr<WritebackFs> fs_;
  model::RemotePath at_;
};

TEST(WritebackDifferential, RandomChangesAreThoseOfAServerWithoutIt) {
  const char* const asked = std::getenv("FTPSFS_WRITEBACK_SEED");  // repeats one round
  const unsigned first = asked != nullptr ? static_cast<unsigned>(std::strtoul(asked, nullptr, 10)) : 1;
  const unsigned last = asked != nullptr ? first : 100;
  for (unsigned seed = first; seed <= last; ++seed) {
    SCOPED_TRACE(fmt::format("FTPSFS_WRITEBACK_SEED={}", seed));
    Round(seed).run(150);
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace ftpsfs::writeback
