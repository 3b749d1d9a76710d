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
    : settings_(settings), dialer_(dialer), server_(server), control_(std::move(control)) {}

Session::~Session() {
  if (control_->answers_out_of_order()) server_.stops_by_waiting = true;
}

Result<std::unique_ptr<Session>> Session::open(const SessionSettings& settings, net::Dialer& dialer,
                                               ServerKnowledge& server, const OpContext& ctx) {
  const OpContext limited = ctx.capped(settings.connect_timeout);
  const auto resume = server.no_control_resumption ? tls::Resume::never : tls::Resume::offer;
  auto control = ControlConnection::open(dialer, settings.host, settings.port,
                                         settings.security == Security::implicit_tls ? settings.tls : nullptr,
                                         limited, resume);
  if (!control) return fail(std::move(control));
  if (auto ok = secure(**control, settings, resume, limited); !ok) return fail(std::move(ok));
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

Result<std::unique_ptr<Transfer>> Session::transfer(Command command, const OpContext& ctx,
                                                    std::optional<std::uint64_t> restart_at) {
  return Transfer::begin(*control_, dialer_, settings_.data, server_, std::move(command), restart_at,
                         ctx.capped(settings_.reply_timeout));
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
