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

// A control connection that is logged in.
struct LoggedIn {
  std::unique_ptr<ControlConnection> control;
  std::optional<Reply> directory;
};

class Login {
 public:
  Login(const SessionSettings& settings, net::Dialer& dialer, ServerKnowledge& server, const OpContext& ctx)
      : settings_(settings), dialer_(dialer), server_(server), ctx_(ctx) {}

  Result<LoggedIn> run() {
    Boldness boldness{.allowed = !server_.login_step_by_step && !server_.one_at_a_time};
    auto done = attempt(boldness);
    if (done || !boldness.on_trial || !may_be_about_boldness(done.error().code)) return done;
    base::log("ftp").info("{} does not go on with the login ({}): trying it step by step", settings_.host,
                          done.error().describe());
    boldness = {};
    auto carefully = attempt(boldness);
    if (carefully) server_.login_step_by_step = true;
    return carefully;
  }

 private:
  static bool may_be_about_boldness(Errc code) {
    return code == Errc::timed_out || code == Errc::connection_lost || code == Errc::protocol_error;
  }

  Result<LoggedIn> attempt(Boldness& boldness) {
    if (auto ok = ctx_.check("logging in"); !ok) return fail(std::move(ok));
    const bool known_as_slow = server_.slow_to_secure;
    auto control = connect(boldness);
    if (!control && server_.slow_to_secure && !known_as_slow) control = connect(boldness);
    if (!control) return fail(std::move(control));
    server_.learn_from_greeting((*control)->greeting());
    auto plan = plan_set_up(settings_, server_);
    if (auto ok = log_in(**control, settings_, plan, boldness, ctx_); !ok) return fail(std::move(ok));
    auto directory = set_up(**control, settings_, server_, std::move(plan), ctx_);
    if (!directory) return fail(std::move(directory));
    return LoggedIn{std::move(*control), std::move(*directory)};
  }

  Result<std::unique_ptr<ControlConnection>> connect(Boldness& boldness) {
    using Auth = ControlConnection::Auth;
    const auto resume = server_.no_control_resumption ? tls::Resume::never : tls::Resume::offer;
    const bool asks_for_tls = settings_.security == Security::explicit_tls;
    const auto auth = asks_for_tls && boldness.allowed ? Auth::ahead_of_greeting : Auth::after_greeting;
    auto control = ControlConnection::open(
        dialer_, settings_.host, settings_.port,
        settings_.security == Security::implicit_tls ? settings_.tls : nullptr, ctx_, resume, auth);
    if (!control) return fail(std::move(control));
    if (auto ok = secure(**control, settings_, server_, resume, boldness, ctx_); !ok)
      return fail(std::move(ok));
    return control;
  }

  const SessionSettings& settings_;
  net::Dialer& dialer_;
  ServerKnowledge& server_;
  const OpContext& ctx_;
};

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const SessionSettings& settings, net::Dialer& dialer,
                                               ServerKnowledge& server, const OpContext& ctx) {
  const OpContext limited = ctx.capped(settings.connect_timeout);
  auto done = Login(settings, dialer, server, limited).run();
  if (!done) return fail(std::move(done));
  base::log("ftp").debug("logged in to {}", done->control->peer().to_string());
  std::unique_ptr<Session> session(new Session(settings, dialer, server, std::move(done->control)));
  session->login_directory_ = std::move(done->directory);
  return session;
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
                                                    std::optional<std::uint64_t> restart_at,
                                                    Inquiry* inquiry) {
  const OpContext limited = ctx.capped(settings_.reply_timeout);
  auto ready = ready_.take(limited);
  if (!ready) return fail(std::move(ready));
  const bool was_ready = *ready != nullptr;
  auto begin = [&](std::unique_ptr<net::ByteStream> data) {
    return Transfer::begin(*control_, dialer_, settings_.data, server_, command.duplicate(), restart_at,
                           std::move(data), inquiry, limited);
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
  auto reply = login_directory_ && login_directory_->completed() ? Result<Reply>(*login_directory_)
                                                                 : perform(Command::pwd(), ctx);
  if (!reply) return fail(std::move(reply));
  const auto text = parse_quoted_path(*reply);
  if (!text) return fail(Errc::protocol_error, "the answer to PWD names no directory", reply->text());
  return model::RemotePath::parse(*text);
}

}  // namespace ftpsfs::ftp
