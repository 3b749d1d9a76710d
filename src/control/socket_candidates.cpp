#include "ftpsfs/control/socket_candidates.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace ftpsfs::control {

Environment Environment::of_process() {
  const char* const runtime_folder = std::getenv("XDG_RUNTIME_DIR");
  return {.user = ::geteuid(), .runtime_folder = runtime_folder != nullptr ? runtime_folder : ""};
}

std::vector<std::filesystem::path> socket_candidates(const Mount& mount, const Environment& environment) {
  const auto name = fmt::format("{}-{}.sock", mount.device_major, mount.device_minor);
  if (mount.user == 0) return {"/run/ftpsfs/" + name};
  std::vector<std::filesystem::path> sockets;
  const std::filesystem::path runtime_folder = environment.runtime_folder;
  if (environment.user == mount.user && runtime_folder.is_absolute()) {
    sockets.push_back(runtime_folder / "ftpsfs" / name);
  }
  sockets.emplace_back(fmt::format("/run/user/{}/ftpsfs/{}", mount.user, name));
  sockets.emplace_back(fmt::format("/tmp/ftpsfs-{}/{}", mount.user, name));
  return sockets;
}

}  // namespace ftpsfs::control
