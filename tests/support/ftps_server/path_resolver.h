#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace ftpsfs::testing {

// Maps FTP paths to paths on disk as if the root directory had been chroot()ed to: "..", absolute symbolic
// links and chains of them stay inside. (Not proof against someone who changes the tree at the same moment.)
class PathResolver {
 public:
  explicit PathResolver(std::string root);

  // Absolute, without "." and "..": "/a/b". The argument may be relative to cwd.
  [[nodiscard]] static std::string normalise(std::string_view cwd, std::string_view argument);

  // The path on disk of a normalised FTP path. Symbolic links on the way are followed, one at the end only if
  // wanted. The last component need not exist. The error is an errno value.
  [[nodiscard]] std::expected<std::string, int> resolve(std::string_view path, bool follow_last) const;

 private:
  std::string root_;
};

}  // namespace ftpsfs::testing
