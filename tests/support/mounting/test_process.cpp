#include "support/mounting/test_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <ostream>
#include <system_error>
#include <thread>

namespace ftpsfs::mount_test {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kShownBytes = 4000;

[[noreturn]] void raise_errno(int number, const std::string& what) {
  throw std::system_error(number, std::generic_category(), what);
}

// What posix_spawn is told: own process group, default signals, input, output and errors from and to files.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void redirect(int descriptor, const fs::path& file, int flags) {
    posix_spawn_file_actions_addopen(&actions_, descriptor, file.c_str(), flags, 0600);
  }

  pid_t spawn(const std::vector<std::string>& arguments) const {
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    pid_t pid = -1;
    const int error = posix_spawnp(&pid, argv[0], &actions_, &attributes_, argv.data(), environ);
    if (error != 0) raise_errno(error, "cannot start " + arguments.front());
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

void pause_between_polls() { std::this_thread::sleep_for(Milliseconds(10)); }

TempFolder::TempFolder() {
  std::string name = "/tmp/ftpsfs-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) raise_errno(errno, "mkdtemp");
  path_ = name;
}

TempFolder::~TempFolder() {
  // Not remove_all, which would walk into a mount that a failed test has left behind and delete the server's files.
  const std::string command = "rm -rf --one-file-system '" + path_.string() + "'";
  if (std::system(command.c_str()) != 0) std::fprintf(stderr, "%s is left behind\n", path_.c_str());
}

void write_file(const fs::path& file, std::string_view text, fs::perms mode) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, static_cast<mode_t>(mode));
  if (fd < 0) raise_errno(errno, "cannot create " + file.string());
  while (!text.empty()) {
    const auto written = write(fd, text.data(), text.size());
    if (written < 0) {
      const int error = errno;
      close(fd);
      raise_errno(error, "cannot write " + file.string());
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (close(fd) != 0) raise_errno(errno, "cannot close " + file.string());
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TestProcess::TestProcess(std::vector<std::string> arguments, const std::string& standard_input) {
  write_file(folder_.path() / "in", standard_input);
  SpawnPlan plan;
  plan.redirect(STDIN_FILENO, folder_.path() / "in", O_RDONLY);
  plan.redirect(STDOUT_FILENO, folder_.path() / "out", O_WRONLY | O_CREAT | O_APPEND);
  plan.redirect(STDERR_FILENO, folder_.path() / "err", O_WRONLY | O_CREAT | O_APPEND);
  pid_ = plan.spawn(arguments);
}

TestProcess::~TestProcess() {
  if (!running()) return;
  kill(-pid_, SIGTERM);
  if (wait(Milliseconds(3000))) return;
  kill(-pid_, SIGKILL);
  wait(Milliseconds(10'000));
}

bool TestProcess::running() { return !wait(Milliseconds(0)); }

void TestProcess::signal(int number) const {
  if (!status_) kill(pid_, number);
}

std::optional<int> TestProcess::wait(Milliseconds limit) {
  eventually(limit, [this] {
    if (status_) return true;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  });
  return status_;
}

std::ostream& operator<<(std::ostream& out, const CommandResult& result) {
  return out << "status " << result.status << "\n--- output\n"
             << result.output.substr(0, kShownBytes) << "\n--- errors\n"
             << result.errors.substr(0, kShownBytes);
}

CommandResult run(std::vector<std::string> arguments, Milliseconds limit) {
  TestProcess process(std::move(arguments));
  const auto status = process.wait(limit);
  return {status.value_or(124), process.output(), process.errors()};
}

CommandResult run_script(const std::string& script, std::vector<std::string> arguments, Milliseconds limit) {
  std::vector<std::string> all{"bash", "-c", "set -euo pipefail\n" + script, "script"};
  all.insert(all.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  return run(std::move(all), limit);
}

}  // namespace ftpsfs::mount_test
