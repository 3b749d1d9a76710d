#include "kernel_mount.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ftpsfs::fuse {
namespace {

std::shared_ptr<cache::SpoolDirectory> open_spools(const std::filesystem::path& folder) {
  auto spools = cache::SpoolDirectory::open(folder, 1ULL << 30);
  if (!spools) throw std::runtime_error(spools.error().describe());
  return *spools;
}

MountOptions options_for(const std::filesystem::path& mount_point) {
  MountOptions options;
  options.mount_point = mount_point;
  options.source = "memory,with comma";
  options.max_threads = 8;
  options.operation_timeout = std::chrono::minutes(10);  // longer than any test: only a stop ends what stalls
  options.upload_timeout = std::chrono::minutes(10);
  return options;
}

std::string probe() {
  TestFolder folder;
  testing::MemoryRemoteFs remote;
  cache::MetadataCache cache(remote, {}, base::steady_clock());
  vfs::Vfs vfs(cache, open_spools(folder.spool()), {});
  const auto session = MountSession::mount(vfs, options_for(folder.mount_point()));
  return session ? std::string() : session.error().describe();
}

}  // namespace

std::string reason_against_kernel_mounts() {
  static const std::string reason = probe();
  return reason;
}

TestFolder::TestFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "ftpsfs-fuse-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
  std::filesystem::create_directory(mount_point());
}

// Never into a mount that is still there.
TestFolder::~TestFolder() {
  std::error_code ignored;
  ::umount2(mount_point().c_str(), MNT_DETACH);
  ::rmdir(mount_point().c_str());
  std::filesystem::remove_all(spool(), ignored);
  ::rmdir(path_.c_str());
}

KernelMount::KernelMount(const vfs::VfsOptions& options)
    : cache_(remote_, {}, base::steady_clock()),
      vfs_(std::make_unique<vfs::Vfs>(cache_, open_spools(folder_.spool()), options)) {
  auto session = MountSession::mount(*vfs_, options_for(folder_.mount_point()));
  if (!session) throw std::runtime_error(session.error().describe());
  session_ = std::move(*session);
  std::promise<void> ready;
  ended_ = std::async(std::launch::async, [&] { return session_->run([&] { ready.set_value(); }); });
  ready.get_future().wait();
}

KernelMount::~KernelMount() {
  if (ended_.valid()) {
    session_->stop();
    session_->stop();
    ended_.wait();
  }
}

base::Status KernelMount::end() {
  auto status = ended_.get();
  session_.reset();
  return status;
}

bool KernelMount::has_ended() const {
  return ended_.wait_for(std::chrono::milliseconds(200)) == std::future_status::ready;
}

Program::Program(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const int error = ::posix_spawnp(&pid_, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(std::strerror(error));
}

Program::~Program() {
  if (pid_ < 0) return;
  signal(SIGKILL);
  wait();
}

void Program::signal(int number) const { ::kill(pid_, number); }

int Program::wait() {
  int status = -1;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

}  // namespace ftpsfs::fuse
