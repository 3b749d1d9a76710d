// ftpsfs is killed while programs write: what close has acknowledged is whole on the server, and the next mount works.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "mount/matrix.h"
#include "mount/tree.h"

namespace ftpsfs::mount_test {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kLimit{60'000};
constexpr std::size_t kWriters = 3;

// A program that makes one file after the other until a call fails.
class Writer {
 public:
  Writer(fs::path folder, unsigned number, unsigned seed)
      : folder_(std::move(folder)), number_(number), random_(seed), thread_([this] { run(); }) {}
  ~Writer() { stop(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::size_t acknowledged_count() const { return count_; }
  // By name; only when it has stopped.
  const std::map<std::string, std::string>& acknowledged() const { return acknowledged_; }

 private:
  void run() {
    for (unsigned file = 0; !stopped_; ++file) {
      const auto name = fmt::format("writer{}-{}", number_, file);
      const auto content = random_bytes(random_() % 300'000, static_cast<std::uint32_t>(random_()));
      if (!save(folder_ / name, content)) return;
      acknowledged_.emplace(name, content);
      ++count_;
    }
  }

  static bool save(const fs::path& path, const std::string& content) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return false;
    const bool written =
        ::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size());
    return ::close(file) == 0 && written;
  }

  const fs::path folder_;
  const unsigned number_;
  std::mt19937 random_;
  std::map<std::string, std::string> acknowledged_;
  std::atomic<std::size_t> count_ = 0;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

struct Crashing {
  ServerChoice server;
  unsigned seed = 0;

  friend void PrintTo(const Crashing& crashing, std::ostream* out) {  // NOLINT: gtest's name
    *out << crashing.server.kind << ", seed " << crashing.seed;
  }
};

std::vector<Crashing> seeded(const ServerChoice& server, unsigned seeds) {
  std::vector<Crashing> all;
  for (unsigned seed = 1; seed <= seeds; ++seed) all.push_back({server, seed});
  return all;
}

std::string crashing_name(const ::testing::TestParamInfo<Crashing>& info) {
  return fmt::format("{}_seed{}", info.param.server.kind, info.param.seed);
}

class Crash : public ::testing::TestWithParam<Crashing> {
 protected:
  void SetUp() override {
    FTPSFS_NEEDS(why_no_fuse());
    const ServerChoice& server = GetParam().server;
    if (!server.real) {
      local_ = std::make_unique<LocalServer>(server.kind);
      return;
    }
    FTPSFS_NEEDS(why_no_real_servers());
    real_ = std::make_unique<RealServer>(server.kind, server.tls_version);
  }

  Endpoint endpoint() const { return real_ ? real_->endpoint() : local_->endpoint(); }
  const fs::path& root() const { return real_ ? real_->root() : local_->root(); }

  // What has been acknowledged is there before; this is for what has not.
  void wait_for_ends_of_sessions() {
    if (local_)
      (*local_)->counters().wait_until([](const auto& seen) { return seen.control_alive == 0; }, kLimit);
  }

  // Mounts on the same mount point each time.
  std::unique_ptr<TestProcess> mount(const MountPlan& plan) {
    auto process = std::make_unique<TestProcess>(plan.command_line());
    const bool mounted =
        eventually(kLimit, [&] { return is_mounted(plan.mount_point()) || !process->running(); });
    EXPECT_TRUE(mounted && is_mounted(plan.mount_point())) << process->errors();
    return process;
  }

  // Lets the writers work, and kills somewhere behind one of their files.
  void kill_while_writing(TestProcess& process, const fs::path& folder,
                          std::map<std::string, std::string>& acknowledged) {
    std::mt19937 random(GetParam().seed);
    std::vector<std::unique_ptr<Writer>> writers;
    for (unsigned i = 0; i < kWriters; ++i) writers.push_back(std::make_unique<Writer>(folder, i, random()));
    const std::size_t enough = 1 + random() % 20;
    EXPECT_TRUE(eventually(kLimit, [&] { return writers[0]->acknowledged_count() >= enough; }));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    process.signal(SIGKILL);
    for (const auto& writer : writers) {
      writer->stop();
      acknowledged.insert(writer->acknowledged().begin(), writer->acknowledged().end());
    }
    EXPECT_EQ(process.wait(kLimit), 128 + SIGKILL);
  }

  std::unique_ptr<LocalServer> local_;
  std::unique_ptr<RealServer> real_;
};

INSTANTIATE_TEST_SUITE_P(Own, Crash, ::testing::ValuesIn(seeded({false, "permissive", ""}, 8)),
                         crashing_name);
INSTANTIATE_TEST_SUITE_P(Real, Crash, ::testing::ValuesIn(seeded({true, "vsftpd", "1.3"}, 3)), crashing_name);

TEST_P(Crash, LosesNothingThatCloseHasAcknowledged) {
  MountPlan plan(endpoint());
  plan.add_argument("-f");
  std::map<std::string, std::string> acknowledged;
  const auto killed = mount(plan);
  kill_while_writing(*killed, plan.mount_point(), acknowledged);
  wait_for_ends_of_sessions();
  for (const auto& [name, content] : acknowledged) {
    EXPECT_TRUE(read_file(root() / name) == content) << name;
  }

  const auto unmounted = run({"fusermount3", "-u", plan.mount_point()});
  ASSERT_TRUE(unmounted.ok()) << unmounted;
  const auto again = mount(plan);
  for (const auto& [name, content] : acknowledged) {
    EXPECT_TRUE(read_file(plan.mount_point() / name) == content) << name << "\n" << again->errors();
  }
  write_file(plan.mount_point() / "after", "it works again");
  EXPECT_EQ(read_file(root() / "after"), "it works again");
  const auto end = run({"fusermount3", "-u", plan.mount_point()});
  EXPECT_TRUE(end.ok()) << end;
  EXPECT_EQ(again->wait(kLimit), 0) << again->errors();
}

// A close then means that this machine has it. Every mount goes on with what the one before has left.
TEST_P(Crash, DeliversWhatCloseHasAcknowledgedByWriteback) {
  MountPlan plan(endpoint());
  plan.add_argument("-f");
  plan.add_option(GetParam().seed % 2 == 0 ? "writeback=0" : "writeback=60");
  std::map<std::string, std::string> acknowledged;
  for (int crashes = 0; crashes < 3; ++crashes) {
    const auto killed = mount(plan);
    const auto folder = plan.mount_point() / fmt::format("after{}", crashes);
    fs::create_directory(folder);
    std::map<std::string, std::string> written;
    kill_while_writing(*killed, folder, written);
    for (auto& [name, content] : written) {
      acknowledged.emplace(folder.filename() / name, std::move(content));
    }
    const auto unmounted = run({"fusermount3", "-u", plan.mount_point()});
    ASSERT_TRUE(unmounted.ok()) << unmounted;
  }

  const auto last = mount(plan);
  for (const auto& [name, content] : acknowledged) {
    EXPECT_TRUE(read_file(plan.mount_point() / name) == content) << name << "\n" << last->errors();
  }
  const auto end = run({"fusermount3", "-u", plan.mount_point()});
  EXPECT_TRUE(end.ok()) << end;
  EXPECT_EQ(last->wait(kLimit), 0) << last->errors();
  for (const auto& [name, content] : acknowledged) {
    EXPECT_TRUE(read_file(root() / name) == content) << name << "\n" << last->errors();
  }
}

}  // namespace
}  // namespace ftpsfs::mount_test
