#include "ftpsfs/ftp/session.h"

#include <utility>

#include "flights.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"
#include "login.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;

Session::Session(const SessionSettings& settings, net::Dialer& dialer, ServerKnowledge& server,
                 std::unique_ptr<ControlConnection> control)
    : settings_(settings),
      dialer_(dialer),
      server_(server),
      control_(std::move(control)),
      ready_(*control_, dialer, settings.data, server) {}

Session::~Session() {
  if (control_->answers_out_of_order()) server_.learn_disorder();
}

namespace {

Result<std::unique_ptr<ControlConnection>> connect(const SessionSettings& settings, net::Dialer& dialer,
                                                   ServerKnowledge& server, const OpContext& ctx) {
  const auto resume = server.no_control_resumption ? tls::Resume::never : tls::Resume::offer;
  auto control = ControlConnection::open(dialer, settings.host, settings.port,
                                         settings.security == Security::implicit_tls ? settings.tls : nullptr,
                                         ctx, resume);
  if (!control) return fail(std::move(control));
  if (auto ok = secure(**control, settings, server, resume, ctx); !ok) return fail(std::move(ok));
  return control;
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const SessionSettings& settings, net::Dialer& dialer,
                                               ServerKnowledge& server, const OpContext& ctx) {
  const OpContext limited = ctx.capped(settings.connect_timeout);
  const bool known_as_slow = server.slow_to_secure;
  auto control = connect(settings, dialer, server, limited);
  if (!control && server.slow_to_secure && !known_as_slow)
    control = connect(settings, dialer, server, limited);
  if (!control) return fail(std::move(control));
  server.learn_from_greeting((*control)->greeting());
  if (auto ok = log_in(**control, settings, limited); !ok) return fail(std::move(ok));
  if (auto ok = set_up(**control, settings, server, limited); !ok) return fail(std::move(ok));
  base::log("ftp").debug("logged in to {}", (*control)->peer().to_string());
  return std::unique_ptr<Session>(new Session(settings, dialer, server, std::move(*control)));
}

Result<Reply> Session::perform(const Command& command, const OpContext& ctx) {
  auto reply = control_->exchange(command, ctx.capped(settings_.reply_timeout));
  if (reply && reply->refused()) return std::unexpected(classify(command, *reply).error);
  return reply;
}

Result<std::vector<Reply>> Session::ask(std::span<const Command> commands, const OpContext& ctx) {
  return ask_in_flights(*control_, server_, commands, settings_.reply_timeout, ctx);
}

namespace {

// Whether the command may be sent again over another data channel: nothing has come of it.
bool had_no_effect(const Command& command, const base::Error& error) {
  switch (error.code) {
    case Errc::busy:
    case Errc::connection_lost:
    case Errc::unreachable: break;
    default: return false;
  }
  const bool reads = command.kind() == Command::Kind::retrieve || command.kind() == Command::Kind::list;
  return reads || error.server_reply.starts_with("425");
}

}  // namespace

Result<std::unique_ptr<Transfer>> Session::transfer(Command command, const OpContext& ctx,
                                                    std::optional<std::uint64_t> restart_at) {
  const OpContext limited = ctx.capped(settings_.reply_timeout);
  auto ready = ready_.take(limited);
  if (!ready) return fail(std::move(ready));
  const bool was_ready = *ready != nullptr;
  auto begin = [&](std::unique_ptr<net::ByteStream> data) {
    return Transfer::begin(*control_, dialer_, settings_.data, server_, command.duplicate(), restart_at,
                           std::move(data), limited);
  };
  auto transfer = begin(std::move(*ready));
  if (transfer || !was_ready || !reusable() || !had_no_effect(command, transfer.error())) return transfer;
  base::log("ftp").debug("the ready data channel was dead: {}", transfer.error().describe());
  return begin(nullptr);
}

bool Session::resumption_expired(base::SystemTime now) const {
  if (!server_.resumes_data_channels || settings_.data.clear) return false;
  const auto end = control_->session_keeper().usable_until();
  return end && *end - kResumptionMargin <= now;
}

Result<model::RemotePath> Session::working_directory(const OpContext& ctx) {
  auto reply = perform(Command::pwd(), ctx);
  if (!reply) return fail(std::move(reply));
  const auto text = parse_quoted_path(*reply);
  if (!text) return fail(Errc::protocol_error, "the answer to PWD names no directory", reply->text());
  return model::RemotePath::parse(*text);
}

}  // namespace ftpsfs::ftp
