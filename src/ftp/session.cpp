#include "ftpsfs/ftp/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;

namespace {

constexpr int kNeedPassword = 331;

}  // namespace

Session::Session(const SessionSettings& settings, net::Dialer& dialer, ServerKnowledge& server,
                 std::unique_ptr<ControlConnection> control)
    : settings_(settings), dialer_(dialer), server_(server), control_(std::move(control)) {}

Session::~Session() {
  if (control_->answers_out_of_order()) server_.stops_by_waiting = true;
}

Result<std::unique_ptr<Session>> Session::open(const SessionSettings& settings, net::Dialer& dialer,
                                               ServerKnowledge& server, const OpContext& ctx) {
  const OpContext limited = ctx.capped(settings.connect_timeout);
  auto control =
      ControlConnection::open(dialer, settings.host, settings.port,
                              settings.security == Security::implicit_tls ? settings.tls : nullptr, limited);
  if (!control) return fail(std::move(control));
  std::unique_ptr<Session> session(new Session(settings, dialer, server, std::move(*control)));
  if (auto ok = session->secure(limited); !ok) return fail(std::move(ok));
  if (auto ok = session->log_in(limited); !ok) return fail(std::move(ok));
  if (auto ok = session->set_up(limited); !ok) return fail(std::move(ok));
  base::log("ftp").debug("logged in to {}", session->control_->peer().to_string());
  return session;
}

Status Session::secure(const OpContext& ctx) {
  if (settings_.security != Security::explicit_tls) return {};
  auto reply = control_->exchange(Command::auth_tls(), ctx);
  if (!reply) return fail(std::move(reply));
  if (!reply->completed()) {
    return fail(
        Errc::tls_refused,
        fmt::format(
            "{} does not offer explicit TLS on port {}; if it wants TLS from the first byte, use ftps://",
            settings_.host, settings_.port),
        reply->text());
  }
  return control_->start_tls(settings_.tls, ctx);
}

Status Session::log_in(const OpContext& ctx) {
  auto user = Command::user(settings_.user);
  if (!user) return fail(std::move(user));
  auto reply = control_->exchange(*user, ctx);
  if (!reply) return fail(std::move(reply));
  if (reply->code == kNeedPassword) {
    auto pass = Command::pass(settings_.password);
    if (!pass) return fail(std::move(pass));
    reply = control_->exchange(*pass, ctx);
    if (!reply) return fail(std::move(reply));
  }
  if (reply->completed()) return {};
  if (is_session_limit(*reply)) {
    return fail(Errc::too_many_sessions, fmt::format("{} takes no further session", settings_.host),
                reply->text());
  }
  return fail(Errc::login_refused,
              fmt::format("{} refused the login of '{}'", settings_.host, base::printable(settings_.user)),
              reply->text());
}

Status Session::set_up(const OpContext& ctx) {
  std::vector<Command> commands;
  commands.push_back(Command::type_image());
  if (settings_.security != Security::none) {
    commands.push_back(Command::pbsz_0());  // pyftpdlib answers 503 to PROT without it
    commands.push_back(Command::prot_p());
  }
  const bool ask_features = !server_.capabilities();
  if (ask_features) commands.push_back(Command::feat());
  auto replies = ask(commands, ctx);
  if (!replies) return fail(std::move(replies));

  for (std::size_t i = 0; i < (ask_features ? commands.size() - 1 : commands.size()); ++i) {
    if (auto ok = demand(commands[i], (*replies)[i]); !ok) return ok;
  }
  if (ask_features) server_.set_capabilities(Capabilities::from_feat(replies->back()));
  if (!server_.capabilities()->utf8 || server_.lacks_utf8_opts) return {};
  // IIS sends and takes UTF-8 names only after this; others answer whatever they like.
  auto utf8 = control_->exchange(Command::opts_utf8_on(), ctx);
  return utf8 ? Status{} : fail(std::move(utf8));
}

Status Session::demand(const Command& command, const Reply& reply) const {
  if (reply.completed()) return {};
  if (command.kind() != Command::Kind::login) return std::unexpected(classify(command, reply).error);
  return fail(Errc::tls_refused,
              fmt::format("{} does not protect data channels ({})", settings_.host, command.loggable()),
              reply.text());
}

Result<Reply> Session::perform(const Command& command, const OpContext& ctx) {
  auto reply = control_->exchange(command, ctx.capped(settings_.reply_timeout));
  if (reply && reply->refused()) return std::unexpected(classify(command, *reply).error);
  return reply;
}

Result<std::vector<Reply>> Session::ask(std::span<const Command> commands, const OpContext& ctx) {
  std::vector<Reply> replies;
  replies.reserve(commands.size());
  const std::size_t most_in_flight = server_.one_at_a_time ? 1 : ControlConnection::kLongestBatch;
  while (!commands.empty()) {
    const auto flight = commands.first(std::min(commands.size(), most_in_flight));
    auto part = control_->exchange_batch(flight, ctx.capped(settings_.reply_timeout));
    if (!part) return fail(std::move(part));
    std::ranges::move(*part, std::back_inserter(replies));
    commands = commands.subspan(flight.size());
  }
  return replies;
}

Result<std::unique_ptr<Transfer>> Session::transfer(Command command, const OpContext& ctx,
                                                    std::optional<std::uint64_t> restart_at) {
  return Transfer::begin(*control_, dialer_, server_, std::move(command), restart_at,
                         ctx.capped(settings_.reply_timeout));
}

Result<model::RemotePath> Session::working_directory(const OpContext& ctx) {
  auto reply = perform(Command::pwd(), ctx);
  if (!reply) return fail(std::move(reply));
  const auto text = parse_quoted_path(*reply);
  if (!text) return fail(Errc::protocol_error, "the answer to PWD names no directory", reply->text());
  return model::RemotePath::parse(*text);
}

}  // namespace ftpsfs::ftp
