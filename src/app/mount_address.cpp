#include "mount_address.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "ftpsfs/app/ftpsctl.h"
#include "ftpsfs/control/client.h"
#include "ftpsfs/control/socket_candidates.h"

namespace ftpsfs::app {

using base::Errc;
using base::fail;
using base::Result;

Result<MountAddress> locate_mount(const std::filesystem::path& path) {
  auto mount = control::find_mount(path);
  if (!mount) return fail(std::move(mount));
  auto sockets = control::socket_candidates(*mount, control::Environment::of_process());
  return MountAddress{std::move(*mount), std::move(sockets)};
}

Result<std::string> ask_mount(const MountAddress& address, std::string_view command,
                              const base::OpContext& ctx,
                              const std::function<void(std::string_view json)>& on_progress) {
  auto answer = control::call(address.sockets, address.mount.user, command, ctx, on_progress);
  if (answer || answer.error().code != Errc::unreachable) return answer;
  return fail(
      Errc::unreachable,
      fmt::format("the ftpsfs of {0} does not answer ({1}); if it has ended, remove what is left of the "
                  "mount with: fusermount3 -u {0}; otherwise its log says why it has no control socket",
                  address.mount.mount_point.native(), answer.error().message));
}

Result<control::MountStatus> ask_status(const MountAddress& address, const base::OpContext& ctx) {
  const auto json = ask_mount(address, "status", ctx);
  if (!json) return fail(Result<std::string>(json));
  return control::parse_status(*json);
}

int complain_about_mount(const base::Error& error) {
  fmt::print(stderr, "ftpsctl: {}\n", base::printable(error.message, 2048));
  return kExitControlUnreachable;
}

}  // namespace ftpsfs::app
