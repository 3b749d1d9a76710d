#include "ftpsfs/ftp/active.h"

#include <fmt/format.h>

#include <utility>

#include "ftpsfs/ftp/classify.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using net::SocketAddress;

namespace {

std::unexpected<base::Error> refused(const SocketAddress& told, const Command& command, const Reply& reply) {
  auto error = classify(command, reply).error;
  if (error.code == Errc::connection_lost) return std::unexpected(std::move(error));
  return fail(
      Errc::unreachable,
      fmt::format("the server does not want to connect to {} for data channels ({}); leave the option "
                  "active out, or tell the right address with active_address=",
                  told.to_string(), command.loggable()),
      reply.text());
}

Status tell(ControlConnection& control, ServerKnowledge& server, const SocketAddress& told,
            const OpContext& ctx) {
  // PORT has no room for an IPv6 address; what was learnt over IPv4 does not count there.
  if (told.is_ipv6() || !server.lacks_eprt) {
    const Command eprt = Command::eprt(told);
    auto reply = control.exchange(eprt, ctx);
    if (!reply) return fail(std::move(reply));
    if (reply->completed()) return {};
    const bool session_lost = classify(eprt, *reply).error.code == Errc::connection_lost;
    if (told.is_ipv6() || session_lost || reply->code < 500) return refused(told, eprt, *reply);
  }
  const Command port = Command::port(told);
  auto reply = control.exchange(port, ctx);
  if (!reply) return fail(std::move(reply));
  if (!reply->completed()) return refused(told, port, *reply);
  server.lacks_eprt = true;
  return {};
}

}  // namespace

Result<std::unique_ptr<net::Listener>> offer_active(ControlConnection& control, net::Dialer& dialer,
                                                    const DataChannelSettings& settings,
                                                    ServerKnowledge& server, const OpContext& ctx) {
  auto listener = dialer.listen_beside(control.peer(), control.local(), settings.active_ports);
  if (!listener) return fail(std::move(listener));
  const SocketAddress own = (*listener)->local();
  const SocketAddress told = settings.active_address ? settings.active_address->with_port(own.port()) : own;
  if (told.is_ipv6() != own.is_ipv6()) {
    return fail(Errc::invalid_argument,
                fmt::format("active_address={} cannot be told to a server that is reached by {}", told.host(),
                            own.is_ipv6() ? "IPv6" : "IPv4"));
  }
  if (auto ok = tell(control, server, told, ctx); !ok) return fail(std::move(ok));
  return listener;
}

}  // namespace ftpsfs::ftp
