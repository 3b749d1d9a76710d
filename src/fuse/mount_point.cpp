#include "mount_point.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "ftpsfs/base/log.h"
#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::fuse {
namespace {

using base::Errc;
using base::fail;

constexpr const char* kDevice = "/dev/fuse";
constexpr const char* kHelper = "fusermount3";
constexpr const char* kConfiguration = "/etc/fuse.conf";

std::string shown(const std::filesystem::path& path) { return base::printable(path.native()); }

base::Status mount_point_error(const std::filesystem::path& path, int error) {
  switch (error) {
    case ENOENT:
      return fail(Errc::not_found,
                  fmt::format("the mount point {0} does not exist; make it with: mkdir -p {0}", shown(path)));
    case ENOTDIR:
      return fail(
          Errc::not_a_directory,
          fmt::format("the mount point {} leads through something that is no directory", shown(path)));
    case EACCES:
      return fail(Errc::permission_denied,
                  fmt::format("you may not look at the mount point {}", shown(path)));
    case ENOTCONN:
    case ECONNABORTED:
      return fail(
          Errc::busy,
          fmt::format("the mount point {0} still holds a mount whose program has ended; remove it with: "
                      "fusermount3 -u {0}",
                      shown(path)));
    default:
      return fail(Errc::local_io,
                  fmt::format("the mount point {} cannot be used: {}", shown(path), std::strerror(error)));
  }
}

void warn_when_not_empty(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_empty(path, ignored) && !ignored) {
    base::log("fuse").warn(
        "the mount point {} is not empty; what is in it stays hidden while the mount lasts", shown(path));
  }
}

bool asks_for_others(const std::vector<std::string>& options) {
  return std::ranges::any_of(options,
                             [](const std::string& o) { return o == "allow_other" || o == "allow_root"; });
}

bool others_are_allowed() {
  std::ifstream file(kConfiguration);
  std::ostringstream text;
  text << file.rdbuf();
  return allows_other(text.str());
}

bool is_in_path(const char* program) {
  const char* const path = std::getenv("PATH");
  // libfuse also tries the folder it was built with.
  std::istringstream folders(std::string(path != nullptr ? path : "") + ":/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && ::access((std::filesystem::path(folder) / program).c_str(), X_OK) == 0)
      return true;
  }
  return false;
}

base::Status check_device() {
  const base::UniqueFd device(::open(kDevice, O_RDWR | O_CLOEXEC));
  if (device) return {};
  const int error = errno;
  if (error == EACCES || error == EPERM) {
    return fail(Errc::not_permitted,
                fmt::format("{} may not be opened ({}); a container needs it passed in, as with "
                            "docker run --device {} --cap-add SYS_ADMIN",
                            kDevice, std::strerror(error), kDevice));
  }
  return fail(Errc::not_supported,
              fmt::format("{} is not there ({}); load the kernel module with: modprobe fuse", kDevice,
                          std::strerror(error)));
}

}  // namespace

base::Status check_mount_point(const std::filesystem::path& mount_point) {
  struct stat status{};
  if (::stat(mount_point.c_str(), &status) != 0) return mount_point_error(mount_point, errno);
  if (!S_ISDIR(status.st_mode)) {
    return fail(Errc::not_a_directory,
                fmt::format("the mount point {} is not a directory", shown(mount_point)));
  }
  if (::access(mount_point.c_str(), W_OK | X_OK) != 0) {
    return fail(Errc::permission_denied,
                fmt::format("you may only mount on a directory that you can write to, and {} is "
                            "not one",
                            shown(mount_point)));
  }
  warn_when_not_empty(mount_point);
  return {};
}

base::Status check_fuse(const std::vector<std::string>& kernel_options) {
  if (auto device = check_device(); !device) return device;
  if (::geteuid() == 0) return {};
  if (!is_in_path(kHelper)) {
    return fail(Errc::not_supported,
                fmt::format("{} is missing, which lets users mount; install the package fuse3", kHelper));
  }
  if (asks_for_others(kernel_options) && !others_are_allowed()) {
    return fail(
        Errc::not_permitted,
        fmt::format("allow_other is only for root unless {} has a line user_allow_other", kConfiguration));
  }
  return {};
}

bool allows_other(std::string_view fuse_conf) {
  std::istringstream lines{std::string(fuse_conf)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    if (words >> word && word == "user_allow_other") return true;
  }
  return false;
}

}  // namespace ftpsfs::fuse
