#include "lab.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ftpsfs/ftp/quirks.h"
#include "ftpsfs/net/blocking.h"

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

constexpr std::chrono::seconds kGoodbyeTimeout{2};
constexpr unsigned kSpareConnections = 4;  // above the limit, to remove what was made

// A server may count a session for a moment longer than it serves it.
constexpr std::array kPausesBehindADeparture{std::chrono::milliseconds(50), std::chrono::milliseconds(250),
                                             std::chrono::milliseconds(1000)};

}  // namespace

Lab::Lab(const ProbeSettings& settings, net::Dialer& dialer, const OpContext& ctx)
    : settings_(settings), dialer_(dialer), ctx_(ctx) {
  report_.source = settings.source;
  report_.given_options = settings.given_options;
  report_.given_quirks = settings.quirks;
  (void)ftp::apply_quirks(settings.quirks, server);  // checked where they were given
  if (!settings.server_speaks_utf8) server.lacks_utf8_opts = true;
}

void Lab::suggest(Suggestion suggestion) {
  if (ctx_.check("probing the server")) report_.suggest(std::move(suggestion));
}

void Lab::obstruct(std::string sentence) {
  if (ctx_.check("probing the server")) report_.obstruct(std::move(sentence));
}

Status Lab::count_connection() {
  if (auto ok = ctx_.check("probing the server"); !ok) return ok;
  if (++connections_ <= settings_.most_connections + kSpareConnections * cleanups_) return {};
  // Not too_many_sessions: that would be a limit of the server's.
  return fail(Errc::busy, "the probe has opened as many connections as it may");
}

Result<std::unique_ptr<ControlConnection>> Lab::open(ftp::Security security,
                                                     const std::shared_ptr<tls::Context>& tls) {
  return patiently([&] {
    return ControlConnection::open(dialer_, settings_.login.host, settings_.login.port,
                                   security == ftp::Security::implicit_tls ? tls : nullptr,
                                   ctx_.capped(settings_.login.connect_timeout), tls::Resume::never);
  });
}

Result<SessionPtr> Lab::log_in_with(const std::shared_ptr<tls::Context>& tls) {
  return patiently([&] { return ftp::Session::open(with_tls(tls), dialer_, server, ctx_); });
}

template <class Open>
std::invoke_result_t<Open> Lab::patiently(const Open& open) {
  for (const auto pause : kPausesBehindADeparture) {
    if (auto ok = count_connection(); !ok) return fail(std::move(ok));
    auto opened = open();
    if (opened) departed_ = false;
    if (opened || !departed_ || opened.error().code != Errc::too_many_sessions) return opened;
    (void)net::wait({}, ctx_.capped(pause), "waiting for the server to forget a session");
  }
  departed_ = false;
  if (auto ok = count_connection(); !ok) return fail(std::move(ok));
  return open();
}

const ftp::SessionSettings& Lab::with_tls(const std::shared_ptr<tls::Context>& tls) {
  if (tls == settings_.login.tls) return settings_.login;
  const auto known = std::ranges::find(variants_, tls, &ftp::SessionSettings::tls);
  if (known != variants_.end()) return *known;
  const ftp::SessionSettings& login = settings_.login;
  return variants_.emplace_back(ftp::SessionSettings{
      .host = login.host,
      .port = login.port,
      .security = login.security,
      .user = login.user,
      .password = base::Secret(std::string(login.password.reveal())),
      .tls = tls,
      .connect_timeout = login.connect_timeout,
      .reply_timeout = login.reply_timeout,
      .data_timeout = login.data_timeout,
      .final_reply_timeout = login.final_reply_timeout,
      .time_zone = login.time_zone,
      .data = login.data,
  });
}

Result<ftp::Session*> Lab::session() {
  if (auto ok = ctx_.check("probing the server"); !ok) return fail(std::move(ok));
  if (!session_ || !session_->reusable()) {
    departed_ = departed_ || session_ != nullptr;
    session_.reset();
    auto fresh = log_in_with(tls());
    if (!fresh) return fail(std::move(fresh));
    session_ = std::move(*fresh);
  }
  return session_.get();
}

Result<ControlConnection*> Lab::control() {
  auto present = session();
  if (!present) return fail(std::move(present));
  return &(*present)->control();
}

Result<Reply> Lab::ask(const Command& command) {
  auto connection = control();
  if (!connection) return fail(std::move(connection));
  return (*connection)->exchange(command, step());
}

void Lab::leave() { leave(std::exchange(session_, nullptr)); }

void Lab::leave(SessionPtr session) {
  if (session && session->reusable()) leave(session->control());
}

void Lab::leave(ControlConnection& control) {
  departed_ = true;
  const OpContext limited = ctx_.capped(kGoodbyeTimeout);
  if (!control.exchange(Command::quit(), limited)) return;
  (void)control.read_reply(limited);  // fails when the server has hung up, which is what we wait for
}

OpContext Lab::allow_cleanup(std::chrono::milliseconds limit) {
  ++cleanups_;
  return std::exchange(ctx_, OpContext::for_cleanup(limit));
}

}  // namespace ftpsfs::probe
