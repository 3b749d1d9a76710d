#include "ftpsfs/control/client.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "ftpsfs/control/server.h"
#include "ftpsfs/net/blocking.h"
#include "protocol.h"
#include "unix_socket.h"

namespace ftpsfs::control {
namespace {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;

constexpr std::chrono::milliseconds kPauseForBacklog{50};

std::unexpected<base::Error> not_connected(const std::filesystem::path& socket, int error) {
  const auto shown = base::printable(socket.native());
  if (error == EACCES || error == EPERM) {
    return fail(Errc::permission_denied,
                fmt::format("{} is only for the mount's own user and root: {}", shown, std::strerror(error)));
  }
  return fail(Errc::unreachable, fmt::format("nobody answers at {}: {}", shown, std::strerror(error)));
}

// connect(2) says EAGAIN when too many others wait, and poll(2) does not know when that ends.
Status connect_in_time(const base::UniqueFd& client, const std::filesystem::path& socket,
                       const OpContext& ctx) {
  const auto address = unix_address(socket);
  if (!address) return fail(Result<sockaddr_un>(address));
  for (;;) {
    const int error = connect_to(client, *address);
    if (error == 0) return {};
    if (error != EAGAIN && error != EINTR) return not_connected(socket, error);
    [[maybe_unused]] const auto pause =
        net::wait({}, ctx.capped(kPauseForBacklog), "connecting to the mount");
    if (auto ok = ctx.check("connecting to the mount"); !ok) return ok;
  }
}

Status check_server(const LineChannel& server, std::uint32_t user, const std::filesystem::path& socket) {
  const auto serving = peer_user(server.socket());
  if (!serving) return fail(Result<std::uint32_t>(serving));
  if (*serving == user) return {};
  return fail(Errc::permission_denied, fmt::format("{} is served by user {}, but the mount is user {}'s",
                                                   base::printable(socket.native()), *serving, user));
}

Result<LineChannel> connect_to_mount(const std::filesystem::path& socket, std::uint32_t user,
                                     const OpContext& ctx) {
  auto client = new_unix_socket();
  if (!client) return fail(std::move(client));
  if (auto connected = connect_in_time(*client, socket, ctx); !connected) return fail(std::move(connected));
  LineChannel server(std::move(*client));
  if (auto trusted = check_server(server, user, socket); !trusted) return fail(std::move(trusted));
  return server;
}

Result<LineChannel> connect_to_first(std::span<const std::filesystem::path> candidates, std::uint32_t user,
                                     const OpContext& ctx) {
  Result<LineChannel> server = fail(Errc::unreachable, "the mount has no control socket");
  for (const auto& socket : candidates) {
    server = connect_to_mount(socket, user, ctx);
    if (server || server.error().code != Errc::unreachable) break;
  }
  return server;
}

}  // namespace

Result<std::string> call(std::span<const std::filesystem::path> candidates, std::uint32_t user,
                         std::string_view command, const OpContext& ctx,
                         const std::function<void(std::string_view json)>& on_progress) {
  auto server = connect_to_first(candidates, user, ctx);
  if (!server) return fail(std::move(server));
  auto sent = server->write_line(request_line(command), ctx, "asking the mount");
  // A server that hangs up has said why.
  if (!sent && sent.error().code != Errc::connection_lost) return fail(std::move(sent));
  for (;;) {
    auto line = server->read_line(kMostAnswer, ctx, "waiting for the mount's answer");
    if (!line) return line;
    auto parsed = parse_server_line(*line);
    if (!parsed) return fail(std::move(parsed));
    if (auto* const answer = std::get_if<FinalAnswer>(&*parsed)) return std::move(answer->result);
    if (on_progress) on_progress(std::get<ProgressJson>(*parsed).json);
  }
}

}  // namespace ftpsfs::control
