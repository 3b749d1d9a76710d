#pragma once

#include <filesystem>
#include <string>

namespace ftpsfs::testing {

// A new folder under the system's temporary one, removed with all it holds. Not for mount points: see
// support/mounting for a folder that is never removed into a mount.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& content) const;  // with the folders above it
  std::string read(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

}  // namespace ftpsfs::testing
