#include "support/mounting/requirements.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ftpsfs::mount_test {

namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace

bool everything_required() { return is_set("FTPSFS_REQUIRE_ALL"); }

bool is_wanted(const std::string& real_server) {
  return real_server != "ftpsrv" || is_set("FTPSFS_FTP_SRV");
}

std::optional<std::string> why_no_fuse() {
  if (access("/dev/fuse", R_OK | W_OK) == 0) return std::nullopt;
  return std::string("/dev/fuse cannot be used: ") + std::strerror(errno);
}

std::optional<std::string> why_no_real_servers() {
  if (geteuid() == 0) return std::nullopt;
  return "real servers run only as root";
}

}  // namespace ftpsfs::mount_test
