#include "support/mounting/mounted_fs.h"

#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ftpsfs::mount_test {

namespace {

constexpr Milliseconds kMountLimit{30'000};
constexpr Milliseconds kUnmountLimit{60'000};

std::string joined(const std::vector<std::string>& words, char separator) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

}  // namespace

std::string Endpoint::source() const {
  return "ftpes://" + user + "@" + host + ":" + std::to_string(port) + folder;
}

MountPlan::MountPlan(Endpoint endpoint)
    : endpoint_(std::move(endpoint)), source_(endpoint_.source()), mount_point_(folder_.path() / "mnt") {
  std::filesystem::create_directory(mount_point_);
  std::filesystem::create_directory(folder_.path() / "spool");
  set_password(endpoint_.password);
  options_ = {"credentials=" + credentials().string(), "tls_pin=sha256:" + endpoint_.fingerprint,
              "spool_dir=" + (folder_.path() / "spool").string(),
              "journal_dir=" + (folder_.path() / "journals").string()};
}

void MountPlan::drop_option(const std::string& prefix) {
  std::erase_if(options_, [&](const std::string& option) { return option.starts_with(prefix); });
}

void MountPlan::set_password(const std::string& password) {
  write_file(credentials(), "username=" + endpoint_.user + "\npassword=" + password + "\n",
             std::filesystem::perms(0600));
}

std::vector<std::string> MountPlan::command_line() const {
  std::vector<std::string> line{FTPSFS_BINARY, source_, mount_point_.string()};
  if (!options_.empty()) line.insert(line.end(), {"-o", joined(options_, ',')});
  line.insert(line.end(), arguments_.begin(), arguments_.end());
  return line;
}

bool is_mounted(const std::filesystem::path& path) {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 5; ++i) fields >> field;
    if (field == path) return true;
  }
  return false;
}

MountedFs::MountedFs(const Endpoint& endpoint, const std::vector<std::string>& options,
                     const std::vector<std::string>& arguments)
    : plan_(endpoint) {
  for (const auto& option : options) plan_.add_option(option);
  for (const auto& argument : arguments) plan_.add_argument(argument);
  process_ = std::make_unique<TestProcess>(plan_.command_line());
  const bool settled = eventually(kMountLimit, [&] { return is_mounted(path()) || !process_->running(); });
  if (!settled || !is_mounted(path())) throw std::runtime_error("does not mount:\n" + log());
}

MountedFs::~MountedFs() {
  if (is_mounted(path())) umount2(path().c_str(), MNT_DETACH);
  if (is_mounted(path())) run({"fusermount3", "-u", "-z", path().string()});
  if (process_) process_->wait(Milliseconds(5000));
}

int MountedFs::unmount() {
  const auto result = run({"fusermount3", "-u", path().string()}, kUnmountLimit);
  if (!result.ok()) throw std::runtime_error("fusermount3 -u: " + result.errors + "\n" + log());
  const auto status = process_->wait(kUnmountLimit);
  if (!status) throw std::runtime_error("ftpsfs does not end after the unmount:\n" + log());
  return *status;
}

}  // namespace ftpsfs::mount_test
