#include "ftpsfs/control/mounts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

namespace ftpsfs::control {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr const char* kMountinfo = "/proc/self/mountinfo";
constexpr int kMostLinks = 40;  // as the kernel

bool contains(const std::string& mount_point, const std::string& path) {
  return mount_point == "/" || (path.starts_with(mount_point) &&
                                (path.size() == mount_point.size() || path[mount_point.size()] == '/'));
}

// The mount that shows at `path`: the innermost, and of several at one place the one that came last.
const Mount* mount_at(const std::string& path, const std::vector<Mount>& mounts) {
  const Mount* found = nullptr;
  for (const Mount& mount : mounts) {
    const auto& mount_point = mount.mount_point.native();
    if (!contains(mount_point, path)) continue;
    if (found == nullptr || mount_point.size() >= found->mount_point.native().size()) found = &mount;
  }
  return found;
}

bool is_ftpsfs(const Mount* mount) { return mount != nullptr && mount->type == kMountType; }

// Nothing for what is no symlink, or cannot be looked at.
std::optional<std::filesystem::path> link_target(const std::filesystem::path& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length <= 0) return std::nullopt;
  return std::filesystem::path(std::string(target.data(), static_cast<std::size_t>(length)));
}

// The absolute path without symlinks, "." and "..", as far as that can be told without touching an ftpsfs mount.
Result<std::filesystem::path> resolved(const std::filesystem::path& absolute,
                                       const std::vector<Mount>& mounts) {
  const auto names = absolute.relative_path();
  std::deque<std::filesystem::path> pending(names.begin(), names.end());
  std::filesystem::path done = "/";
  int links = 0;
  while (!pending.empty()) {
    const auto name = std::move(pending.front());
    pending.pop_front();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      done = done.parent_path();
      continue;
    }
    const auto next = done / name;
    const auto target = is_ftpsfs(mount_at(next.native(), mounts)) ? std::nullopt : link_target(next);
    if (!target) {
      done = next;
      continue;
    }
    if (++links > kMostLinks) {
      return fail(Errc::invalid_argument,
                  fmt::format("{} leads through too many symlinks", base::printable(absolute.native())));
    }
    if (target->is_absolute()) done = "/";
    const auto more = target->relative_path();
    pending.insert(pending.begin(), more.begin(), more.end());
  }
  return done;
}

}  // namespace

Result<Mount> find_mount(const std::filesystem::path& path, const std::vector<Mount>& mounts) {
  std::error_code error;
  const auto absolute = path.is_absolute() ? path : std::filesystem::current_path(error) / path;
  if (error) return fail(Errc::local_io, "the working folder cannot be told: " + error.message());
  auto place = resolved(absolute, mounts);
  if (!place) return fail(std::move(place));
  const Mount* const mount = mount_at(place->native(), mounts);
  if (is_ftpsfs(mount)) return *mount;
  return fail(Errc::not_found,
              fmt::format("{} is not in an ftpsfs mount; findmnt -t {} lists those that there are",
                          base::printable(path.native()), kMountType));
}

Result<Mount> find_mount(const std::filesystem::path& path) {
  std::ifstream file(kMountinfo);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.empty()) {
    return fail(Errc::local_io, fmt::format("{} cannot be read: {}", kMountinfo, std::strerror(errno)));
  }
  return find_mount(path, parse_mountinfo(text));
}

}  // namespace ftpsfs::control
