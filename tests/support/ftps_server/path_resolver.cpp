#include "path_resolver.h"

#include <limits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <optional>
#include <vector>

namespace ftpsfs::testing {

namespace {

constexpr int kMostLinks = 40;

std::deque<std::string> split(std::string_view path) {
  std::deque<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

std::string join(const std::string& root, const std::vector<std::string>& parts) {
  std::string path = root;
  for (const auto& part : parts) path += "/" + part;
  return path.empty() ? "/" : path;
}

std::optional<std::string> link_target(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const auto size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

}  // namespace

PathResolver::PathResolver(std::string root) : root_(std::move(root)) {
  while (!root_.empty() && root_.back() == '/') root_.pop_back();
}

std::string PathResolver::normalise(std::string_view cwd, std::string_view argument) {
  std::string joined =
      argument.starts_with('/') ? std::string(argument) : std::string(cwd) + "/" + std::string(argument);
  std::vector<std::string> kept;
  for (auto& part : split(joined)) {
    if (part == ".") continue;
    if (part != "..") {
      kept.push_back(std::move(part));
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  return join("", kept);
}

std::expected<std::string, int> PathResolver::resolve(std::string_view path, bool follow_last) const {
  if (path.find('\0') != std::string_view::npos) return std::unexpected(EINVAL);
  auto pending = split(path);
  std::vector<std::string> done;
  int links = 0;
  while (!pending.empty()) {
    std::string part = std::move(pending.front());
    pending.pop_front();
    if (part == ".") continue;
    if (part == "..") {
      if (!done.empty()) done.pop_back();
      continue;
    }
    done.push_back(std::move(part));
    if (pending.empty() && !follow_last) break;
    const auto target = link_target(join(root_, done));
    if (!target) continue;
    if (++links > kMostLinks) return std::unexpected(ELOOP);
    done.pop_back();
    if (target->starts_with('/')) done.clear();
    auto expanded = split(*target);
    pending.insert(pending.begin(), expanded.begin(), expanded.end());
  }
  return join(root_, done);
}

}  // namespace ftpsfs::testing
