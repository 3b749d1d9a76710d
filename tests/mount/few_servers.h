#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "mount/matrix.h"

namespace ftpsfs::mount_test {

// A file of the account that is served, which is not the test's own where the server is real.
inline void plant_file(const std::filesystem::path& root, const std::string& name, std::string_view content) {
  write_file(root / name, content);
  struct stat folder{};
  if (::stat(root.c_str(), &folder) != 0 ||
      ::chown((root / name).c_str(), folder.st_uid, folder.st_gid) != 0) {
    throw std::system_error(errno, std::generic_category(), name);
  }
}

}  // namespace ftpsfs::mount_test

// For many small tests: servers whose ways differ most instead of all. vsftpd locks files and knows no MLSD, IIS does
// not replace by renaming, ProFTPD shows modes.
#define FTPSFS_ON_FEW_SERVERS(fixture)                                                              \
  INSTANTIATE_TEST_SUITE_P(                                                                         \
      Real, fixture,                                                                                \
      ::testing::Values(ServerChoice{true, "vsftpd", "1.3"}, ServerChoice{true, "proftpd", "1.3"}), \
      choice_name);                                                                                 \
  INSTANTIATE_TEST_SUITE_P(                                                                         \
      Own, fixture,                                                                                 \
      ::testing::Values(ServerChoice{false, "permissive", ""}, ServerChoice{false, "iis", ""}), choice_name)
