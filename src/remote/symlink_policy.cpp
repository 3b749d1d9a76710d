#include "symlink_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace ftpsfs::remote {

using base::Errc;
using base::fail;
using base::Result;
using model::RemotePath;

namespace {

using Components = std::vector<std::string_view>;

Components split(std::string_view path) {
  Components components;
  while (!path.empty()) {
    const auto name = path.substr(0, path.find('/'));
    if (!name.empty() && name != ".") components.push_back(name);
    path.remove_prefix(std::min(name.size() + 1, path.size()));
  }
  return components;
}

// Applies `target` to the directory `at`, as far as names tell. The server's root is its own parent.
Components resolved(Components at, std::string_view target) {
  if (target.starts_with('/')) at.clear();
  for (const auto name : split(target)) {
    if (name != "..") {
      at.push_back(name);
    } else if (!at.empty()) {
      at.pop_back();
    }
  }
  return at;
}

std::string relative(const Components& from, const Components& to) {
  const auto [from_rest, to_rest] = std::ranges::mismatch(from, to);
  std::string path;
  for (auto it = from_rest; it != from.end(); ++it) path += path.empty() ? ".." : "/..";
  for (auto it = to_rest; it != to.end(); ++it) {
    if (!path.empty()) path += '/';
    path += *it;
  }
  return path.empty() ? "." : path;
}

bool stays_below(std::string_view target) {
  const auto components = split(target);
  return !target.starts_with('/') && std::ranges::find(components, "..") == components.end();
}

}  // namespace

Result<std::string> target_inside(const RemotePath& root, const RemotePath& link, std::string_view target) {
  if (stays_below(target)) return std::string(target);
  const auto top = split(root.str());
  const RemotePath parent = link.parent();
  const auto directory = split(parent.str());
  const auto destination = resolved(directory, target);
  const bool inside =
      destination.size() >= top.size() && std::equal(top.begin(), top.end(), destination.begin());
  if (!inside) {
    return fail(
        Errc::not_permitted,
        fmt::format(
            "the symlink {} points to {}, outside of what is mounted; unsafe_symlinks shows it as it is, "
            "symlinks=follow lets the server follow it",
            base::printable(link.str()), base::printable(target)));
  }
  return relative(directory, destination);
}

Result<RemotePath> destination_inside(const RemotePath& link, std::string_view target) {
  const RemotePath parent = link.parent();
  const auto directory = split(parent.str());
  const auto destination = resolved(directory, target);
  if (const auto shown = relative(directory, destination); target.starts_with('/') || shown != target) {
    return fail(Errc::not_permitted,
                fmt::format("the symlink {} cannot be made: its target {} would be read back as {}",
                            base::printable(link.str()), base::printable(target), base::printable(shown)));
  }
  RemotePath path;
  for (const auto name : destination) {
    auto below = path.child(name);
    if (!below) return below;
    path = std::move(*below);
  }
  return path;
}

}  // namespace ftpsfs::remote
