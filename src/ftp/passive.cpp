#include "passive.h"

#include <fmt/format.h>

#include "ftpsfs/ftp/classify.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;

namespace {

Result<std::uint16_t> ask_for_port(ControlConnection& control, const Command& command,
                                   std::optional<std::uint16_t> (*parse)(const Reply&),
                                   const OpContext& ctx) {
  auto reply = control.exchange(command, ctx);
  if (!reply) return fail(std::move(reply));
  if (!reply->completed()) return std::unexpected(classify(command, *reply).error);
  const auto port = parse(*reply);
  if (port) return *port;
  return fail(Errc::protocol_error, fmt::format("the answer to {} names no port", command.loggable()),
              reply->text());
}

Result<std::uint16_t> passive_port(ControlConnection& control, ServerKnowledge& server,
                                   const OpContext& ctx) {
  if (!server.lacks_epsv) {
    auto port = ask_for_port(control, Command::epsv(), &parse_epsv_port, ctx);
    if (port || port.error().code != Errc::not_supported) return port;
    server.lacks_epsv = true;
  }
  return ask_for_port(control, Command::pasv(), &parse_pasv_port, ctx);
}

}  // namespace

Result<std::unique_ptr<net::ByteStream>> open_passive(ControlConnection& control, net::Dialer& dialer,
                                                      ServerKnowledge& server, const OpContext& ctx) {
  auto port = passive_port(control, server, ctx);
  if (!port) return fail(std::move(port));
  auto connection = dialer.dial_beside(control.peer(), control.local(), *port, ctx);
  if (!connection) return fail(std::move(connection));
  return std::move(connection->stream);
}

}  // namespace ftpsfs::ftp
