#include "lab.h"

#include <fmt/format.h>

#include <utility>

#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/ftp/quirks.h"
#include "words.h"

namespace ftpsfs::probe {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using ftp::Command;
using ftp::ControlConnection;
using ftp::Reply;

namespace {

constexpr int kNeedPassword = 331;
constexpr std::chrono::seconds kGoodbyeTimeout{2};
constexpr unsigned kSpareConnections = 4;  // above the limit, to remove what was made

}  // namespace

Lab::Lab(const ProbeSettings& settings, net::Dialer& dialer, const OpContext& ctx)
    : settings_(settings), dialer_(dialer), ctx_(ctx) {
  report_.source = settings.source;
  report_.given_options = settings.given_options;
  report_.given_quirks = settings.quirks;
  (void)ftp::apply_quirks(settings.quirks, server);  // checked where they were given
}

Result<Control> Lab::open(ftp::Security security, const std::shared_ptr<tls::Context>& tls) {
  if (++connections_ > settings_.most_connections + kSpareConnections * cleanups_) {
    return fail(Errc::too_many_sessions, "the probe has opened as many connections as it may");
  }
  return ControlConnection::open(dialer_, settings_.login.host, settings_.login.port,
                                 security == ftp::Security::implicit_tls ? tls : nullptr,
                                 ctx_.capped(settings_.login.connect_timeout));
}

Result<Reply> Lab::ask_for_tls(ControlConnection& control) {
  if (facts.auth_ssl) return control.exchange(Command::auth_ssl(), step());
  auto reply = control.exchange(Command::auth_tls(), step());
  if (!reply || reply->completed() || !control.in_step()) return reply;
  auto second = control.exchange(Command::auth_ssl(), step());
  if (second && second->completed()) facts.auth_ssl = true;
  return second && second->completed() ? std::move(second) : std::move(reply);
}

Status Lab::log_in(ControlConnection& control) {
  auto user = Command::user(settings_.login.user);
  if (!user) return fail(std::move(user));
  auto reply = control.exchange(*user, step());
  if (!reply) return fail(std::move(reply));
  if (reply->code == kNeedPassword) {
    auto password = Command::pass(settings_.login.password);
    if (!password) return fail(std::move(password));
    reply = control.exchange(*password, step());
    if (!reply) return fail(std::move(reply));
  }
  if (reply->completed()) return {};
  if (ftp::is_session_limit(*reply)) {
    return fail(Errc::too_many_sessions, "the server takes no further session", reply->text());
  }
  return fail(Errc::login_refused,
              fmt::format("the server refused the login of '{}'", shown(settings_.login.user, 64)), reply->text());
}

Result<Control> Lab::log_in_with(const std::shared_ptr<tls::Context>& tls) {
  auto control = open(settings_.login.security, tls);
  if (!control) return control;
  if (settings_.login.security == ftp::Security::explicit_tls) {
    auto reply = ask_for_tls(**control);
    if (!reply) return fail(std::move(reply));
    if (!reply->completed()) return fail(Errc::tls_refused, "the server refused AUTH TLS", reply->text());
    if (auto ok = (*control)->start_tls(tls, ctx_.capped(settings_.login.connect_timeout)); !ok) {
      return fail(std::move(ok));
    }
  }
  if (auto ok = log_in(**control); !ok) return fail(std::move(ok));
  std::vector<Command> set_up;
  if (wants_tls()) {
    set_up.push_back(Command::pbsz_0());
    set_up.push_back(Command::prot_p());
  }
  set_up.push_back(Command::type_image());
  for (const Command& command : set_up) {
    auto reply = (*control)->exchange(command, step());
    if (!reply) return fail(std::move(reply));
    if (!reply->completed()) {
      return fail(Errc::tls_refused, fmt::format("the server refused {}", command.loggable()), reply->text());
    }
  }
  return control;
}

Result<ControlConnection*> Lab::control() {
  if (auto ok = ctx_.check("probing the server"); !ok) return fail(std::move(ok));
  if (!control_ || !control_->in_step()) {
    control_.reset();
    auto fresh = log_in_with(tls());
    if (!fresh) return fail(std::move(fresh));
    control_ = std::move(*fresh);
  }
  return control_.get();
}

Result<Reply> Lab::ask(const Command& command) {
  auto connection = control();
  if (!connection) return fail(std::move(connection));
  return (*connection)->exchange(command, step());
}

void Lab::leave() { leave(std::exchange(control_, nullptr)); }

void Lab::leave(Control control) {
  if (!control || !control->in_step()) return;
  const OpContext limited = ctx_.capped(kGoodbyeTimeout);
  if (!control->exchange(Command::quit(), limited)) return;
  (void)control->read_reply(limited);  // fails when the server has hung up, which is what we wait for
}

OpContext Lab::allow_cleanup(std::chrono::milliseconds limit) {
  ++cleanups_;
  return std::exchange(ctx_, OpContext::for_cleanup(limit));
}

}  // namespace ftpsfs::probe
