#include "support/memory_tree.h"

#include <chrono>
#include <utility>

namespace ftpsfs::testing {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using model::Attributes;
using model::DirEntry;
using model::FileType;
using model::FileVersion;
using model::RemotePath;

MemoryTree::MemoryTree() {
  set_time(std::chrono::sys_days{std::chrono::year{2024} / 5 / 17} + std::chrono::hours{12});
  nodes_.emplace(RemotePath(), new_node(FileType::directory, 0755));
}

MemoryTree::Node MemoryTree::new_node(FileType type, std::uint32_t mode) {
  Node node;
  node.attributes.type = type;
  node.attributes.modified = now_;
  node.attributes.mode = mode;
  node.attributes.unique_id = "id" + std::to_string(next_id_++);
  if (type == FileType::file) {
    node.attributes.size = 0;
    node.content = std::make_shared<const std::string>();
  }
  return node;
}

void MemoryTree::set_time(base::SystemTime time) { now_ = std::chrono::floor<std::chrono::seconds>(time); }

const MemoryTree::Node* MemoryTree::find(const RemotePath& path) const {
  const auto found = nodes_.find(path);
  return found != nodes_.end() ? &found->second : nullptr;
}

Result<const MemoryTree::Node*> MemoryTree::get(const RemotePath& path) const {
  const auto* node = find(path);
  if (node == nullptr) return fail(Errc::not_found, "no such path", "550 No such file or directory.");
  return node;
}

Result<const MemoryTree::Node*> MemoryTree::get_file(const RemotePath& path) const {
  const auto node = get(path);
  if (node && (*node)->attributes.type == FileType::directory)
    return fail(Errc::is_a_directory, "a directory");
  return node;
}

Result<MemoryTree::Node*> MemoryTree::get_settable(const RemotePath& path) {
  if (refuses_setting_) return fail(Errc::not_supported, "attributes cannot be set", "500 Unknown command.");
  const auto found = nodes_.find(path);
  if (found == nodes_.end()) return fail(Errc::not_found, "no such path");
  return &found->second;
}

Attributes MemoryTree::told(const Node& node) const {
  Attributes attributes = node.attributes;
  if (hides_mode_) attributes.mode.reset();
  return attributes;
}

Result<Attributes> MemoryTree::stat(const RemotePath& path) const {
  const auto node = get(path);
  if (!node) return std::unexpected(node.error());
  return told(**node);
}

Result<std::shared_ptr<const std::string>> MemoryTree::read(
    const RemotePath& path, const std::optional<FileVersion>& expected) const {
  const auto node = get_file(path);
  if (!node) return std::unexpected(node.error());
  if (!(*node)->content) return fail(Errc::not_supported, "only files can be read");
  if (expected && !ignores_versions_ && !FileVersion::of((*node)->attributes).may_equal(*expected)) {
    return fail(Errc::stale, "another version");
  }
  return (*node)->content;
}

Result<std::string> MemoryTree::read_link(const RemotePath& path) const {
  const auto node = get(path);
  if (!node) return std::unexpected(node.error());
  if (!(*node)->attributes.link_target) return fail(Errc::invalid_argument, "not a symlink");
  return *(*node)->attributes.link_target;
}

Result<std::vector<DirEntry>> MemoryTree::list(const RemotePath& directory) const {
  const auto node = get(directory);
  if (!node) return std::unexpected(node.error());
  if ((*node)->attributes.type != FileType::directory) return fail(Errc::not_a_directory, "not a directory");
  std::vector<DirEntry> entries;
  for (const auto& [path, child] : nodes_) {
    if (!path.is_root() && path.parent() == directory) {
      entries.push_back({std::string(path.name()), child.attributes});
    }
  }
  return entries;
}

Status MemoryTree::check_parent(const RemotePath& path) const {
  const auto* parent = find(path.parent());
  if (parent == nullptr)
    return fail(Errc::not_found, "the directory does not exist", "553 No such directory.");
  if (parent->attributes.type != FileType::directory) return fail(Errc::not_a_directory, "not a directory");
  return {};
}

bool MemoryTree::has_entries(const RemotePath& directory) const {
  for (const auto& [path, node] : nodes_) {
    if (path != directory && directory.contains(path)) return true;
  }
  return false;
}

Result<Attributes> MemoryTree::store(const RemotePath& path, std::string content) {
  if (auto ok = check_parent(path); !ok) return fail(std::move(ok));
  auto& node = nodes_.try_emplace(path, new_node(FileType::file, 0644)).first->second;
  if (node.attributes.type == FileType::directory) return fail(Errc::is_a_directory, "a directory");
  node.attributes.size = content.size();
  node.attributes.modified = now_;
  node.content = std::make_shared<const std::string>(std::move(content));
  return told(node);
}

Status MemoryTree::remove_file(const RemotePath& path) {
  if (auto node = get_file(path); !node) return fail(std::move(node));
  nodes_.erase(path);
  return {};
}

Status MemoryTree::make_directory(const RemotePath& path) {
  if (find(path) != nullptr) return fail(Errc::exists, "exists", "550 File exists.");
  if (auto ok = check_parent(path); !ok) return ok;
  nodes_.emplace(path, new_node(FileType::directory, 0755));
  return {};
}

Status MemoryTree::remove_directory(const RemotePath& path) {
  const auto node = get(path);
  if (!node) return std::unexpected(node.error());
  if ((*node)->attributes.type != FileType::directory) return fail(Errc::not_a_directory, "not a directory");
  if (has_entries(path)) return fail(Errc::not_empty, "not empty", "550 Directory not empty.");
  if (path.is_root()) return fail(Errc::busy, "the root stays");
  nodes_.erase(path);
  return {};
}

Status MemoryTree::check_replaceable(const Node& by, const RemotePath& target) const {
  const auto* old = find(target);
  if (old == nullptr) return {};
  const bool is_directory = by.attributes.type == FileType::directory;
  const bool was_directory = old->attributes.type == FileType::directory;
  if (was_directory && !is_directory) return fail(Errc::is_a_directory, "the target is a directory");
  if (!was_directory && is_directory) return fail(Errc::not_a_directory, "the target is not a directory");
  if (was_directory && has_entries(target)) return fail(Errc::not_empty, "the target is not empty");
  return {};
}

Status MemoryTree::rename(const RemotePath& from, const RemotePath& to) {
  const auto node = get(from);
  if (!node) return std::unexpected(node.error());
  if (from == to) return {};
  if (from.contains(to)) return fail(Errc::invalid_argument, "a directory cannot move into itself");
  if (auto ok = check_parent(to); !ok) return ok;
  if (auto ok = check_replaceable(**node, to); !ok) return ok;

  std::map<RemotePath, Node> moved;
  for (auto& [path, each] : nodes_) {
    if (from.contains(path)) moved.emplace(to.rebased(from, path), std::move(each));
  }
  erase(from);
  erase(to);
  nodes_.merge(moved);
  return {};
}

Status MemoryTree::make_symlink(const RemotePath& link, const std::string& target) {
  if (find(link) != nullptr) return fail(Errc::exists, "exists", "550 File exists.");
  if (auto ok = check_parent(link); !ok) return ok;
  put_symlink(link, target);
  return {};
}

Status MemoryTree::set_modified(const RemotePath& path, base::SystemTime modified) {
  auto node = get_settable(path);
  if (!node) return fail(std::move(node));
  (*node)->attributes.modified = std::chrono::floor<std::chrono::seconds>(modified);
  return {};
}

Status MemoryTree::set_mode(const RemotePath& path, std::uint32_t mode) {
  auto node = get_settable(path);
  if (!node) return fail(std::move(node));
  (*node)->attributes.mode = mode;
  return {};
}

void MemoryTree::make_parents(const RemotePath& path) {
  const auto parent = path.parent();
  if (find(parent) != nullptr) return;
  make_parents(parent);
  static_cast<void>(make_directory(parent));
}

void MemoryTree::put_symlink(const RemotePath& path, std::string target) {
  auto node = new_node(FileType::symlink, 0777);
  node.attributes.link_target = std::move(target);
  nodes_.insert_or_assign(path, std::move(node));
}

void MemoryTree::erase(const RemotePath& path) {
  std::erase_if(nodes_, [&](const auto& node) { return path.contains(node.first); });
}

}  // namespace ftpsfs::testing
