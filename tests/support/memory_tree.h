#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ftpsfs/base/error.h"
#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/dir_entry.h"
#include "ftpsfs/model/file_version.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::testing {

// Files and directories in memory, and what a server says to operations on them. Not thread safe.
class MemoryTree {
 public:
  struct Node {
    model::Attributes attributes;
    std::shared_ptr<const std::string> content;  // of a file; open sources share it
  };

  MemoryTree();

  const Node* find(const model::RemotePath& path) const;

  base::Result<model::Attributes> stat(const model::RemotePath& path) const;
  base::Result<std::shared_ptr<const std::string>> read(
      const model::RemotePath& path, const std::optional<model::FileVersion>& expected) const;
  base::Result<std::string> read_link(const model::RemotePath& path) const;
  base::Result<std::vector<model::DirEntry>> list(const model::RemotePath& directory) const;

  base::Result<model::Attributes> store(const model::RemotePath& path, std::string content);
  base::Status remove_file(const model::RemotePath& path);
  base::Status make_directory(const model::RemotePath& path);
  base::Status remove_directory(const model::RemotePath& path);
  base::Status rename(const model::RemotePath& from, const model::RemotePath& to);
  base::Status make_symlink(const model::RemotePath& link, const std::string& target);
  base::Status set_modified(const model::RemotePath& path, base::SystemTime modified);
  base::Status set_mode(const model::RemotePath& path, std::uint32_t mode);

  // Without questions.
  void make_parents(const model::RemotePath& path);
  void put_symlink(const model::RemotePath& path, std::string target);
  void erase(const model::RemotePath& path);

  void set_time(base::SystemTime time);
  void tell_mode_only_in_listings() { hides_mode_ = true; }
  void refuse_setting_attributes() { refuses_setting_ = true; }
  void ignore_versions() { ignores_versions_ = true; }

 private:
  base::Result<const Node*> get(const model::RemotePath& path) const;
  base::Result<const Node*> get_file(const model::RemotePath& path) const;
  base::Result<Node*> get_settable(const model::RemotePath& path);
  model::Attributes told(const Node& node) const;
  base::Status check_parent(const model::RemotePath& path) const;
  base::Status check_replaceable(const Node& by, const model::RemotePath& target) const;
  bool has_entries(const model::RemotePath& directory) const;
  Node new_node(model::FileType type, std::uint32_t mode);

  std::map<model::RemotePath, Node> nodes_;
  base::SystemTime now_;
  std::uint64_t next_id_ = 1;
  bool hides_mode_ = false;
  bool refuses_setting_ = false;
  bool ignores_versions_ = false;
};

}  // namespace ftpsfs::testing
