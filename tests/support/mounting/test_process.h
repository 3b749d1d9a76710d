#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ftpsfs::mount_test {

using Milliseconds = std::chrono::milliseconds;

// A folder under /tmp that is removed, without crossing into mounts, at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& file, std::string_view text,
                std::filesystem::perms mode = std::filesystem::perms(0644));
std::string read_file(const std::filesystem::path& file);

// Polls until `condition` holds; false if it does not within the limit.
template <class Condition>
bool eventually(Milliseconds limit, Condition condition);

// One program, in a process group of its own, with its output in files (so that a daemon it leaves behind does not
// keep a pipe open). Killed with its group at the end of the object's life. Not thread safe.
class TestProcess {
 public:
  explicit TestProcess(std::vector<std::string> arguments, const std::string& standard_input = {});
  ~TestProcess();
  TestProcess(const TestProcess&) = delete;
  TestProcess& operator=(const TestProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;

  // The exit status (128 + signal when killed), or nothing when it still runs after `limit`.
  std::optional<int> wait(Milliseconds limit);

  std::string output() const { return read_file(folder_.path() / "out"); }
  std::string errors() const { return read_file(folder_.path() / "err"); }

 private:
  TempFolder folder_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct CommandResult {
  int status = -1;  // 124 when it did not end in time, as timeout(1) has it
  std::string output;
  std::string errors;

  bool ok() const { return status == 0; }
};

std::ostream& operator<<(std::ostream& out, const CommandResult& result);

CommandResult run(std::vector<std::string> arguments, Milliseconds limit = std::chrono::minutes(2));

// With bash, pipefail and -e; `arguments` are $1, $2, ….
CommandResult run_script(const std::string& script, std::vector<std::string> arguments,
                         Milliseconds limit = std::chrono::minutes(5));

template <class Condition>
bool eventually(Milliseconds limit, Condition condition) {
  void pause_between_polls();
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    pause_between_polls();
  }
  return true;
}

}  // namespace ftpsfs::mount_test
