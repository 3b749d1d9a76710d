#include "login.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "flights.h"
#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/ftp/start_tls.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;

namespace {

constexpr int kLoggedInAlready = 230;
constexpr int kNeedPassword = 331;
constexpr int kNeedAccount = 332;
constexpr int kServiceNotAvailable = 421;
constexpr int kBadSequence = 503;

std::unexpected<base::Error> no_tls(const SessionSettings& settings, const Reply& reply) {
  if (reply.code == kServiceNotAvailable) return std::unexpected(classify(Command::auth_tls(), reply).error);
  return fail(
      Errc::tls_refused,
      fmt::format("{} does not offer explicit TLS on port {}, and nothing was sent in the clear; if it "
                  "wants TLS from the first byte, use ftps://; if it used to offer TLS here, somebody in "
                  "between may be tampering with the connection",
                  settings.host, settings.port),
      reply.text());
}

std::unexpected<base::Error> refused_login(const SessionSettings& settings, const Reply& reply) {
  if (reply.code == kNeedAccount) {
    return fail(
        Errc::login_refused,
        fmt::format("{} demands an account (ACCT) besides user and password, which ftpsfs cannot give",
                    settings.host),
        reply.text());
  }
  if (is_session_limit(reply)) {
    return fail(Errc::too_many_sessions, fmt::format("{} takes no further session", settings.host),
                reply.text());
  }
  const auto code = classify(Command::user(settings.user).value(), reply).error.code;
  // Only a definite "no" is one: it keeps the pool from asking again for a while.
  return fail(code == Errc::connection_lost ? Errc::busy : code,
              fmt::format("{} refused the login of '{}'", settings.host, base::printable(settings.user)),
              reply.text());
}

Status protection_refused(const SessionSettings& settings, const Command& command, const Reply& reply) {
  if (settings.data.clear) {
    return fail(Errc::tls_refused,
                fmt::format("{} does not allow data channels in the clear ({}); leave tls_data=clear out",
                            settings.host, command.loggable()),
                reply.text());
  }
  return fail(
      Errc::tls_refused,
      fmt::format("{} does not protect data channels ({}); as the last resort, -o tls_data=clear sends "
                  "files and listings unprotected",
                  settings.host, command.loggable()),
      reply.text());
}

Status demand(const SessionSettings& settings, const Command& command, const Reply& reply) {
  if (reply.completed()) return {};
  if (command.kind() == Command::Kind::login && reply.code != kServiceNotAvailable)
    return protection_refused(settings, command, reply);
  return std::unexpected(classify(command, reply).error);
}

std::vector<Command> first_questions(const SessionSettings& settings) {
  std::vector<Command> commands;
  commands.push_back(Command::type_image());
  if (settings.security != Security::none) {
    commands.push_back(Command::pbsz_0());  // pyftpdlib answers 503 to PROT without it
    commands.push_back(settings.data.clear ? Command::prot_c() : Command::prot_p());
  }
  return commands;
}

// IIS sends and takes UTF-8 names only after OPTS, Serv-U and Gene6 only after a CLNT besides; others answer whatever
// they like.
Status agree_on_utf8(ControlConnection& control, const SessionSettings& settings,
                     const ServerKnowledge& server, const OpContext& ctx) {
  const auto capabilities = server.capabilities();
  if (!capabilities || !capabilities->utf8 || server.lacks_utf8_opts) return {};
  std::vector<Command> commands;
  if (capabilities->clnt) commands.push_back(Command::clnt());
  commands.push_back(Command::opts_utf8_on());
  auto replies = ask_in_flights(control, server, commands, settings.reply_timeout, ctx);
  return replies ? Status{} : fail(std::move(replies));
}

}  // namespace

Status secure(ControlConnection& control, const SessionSettings& settings, ServerKnowledge& server,
              tls::Resume resume, const OpContext& ctx) {
  if (settings.security != Security::explicit_tls) return {};
  auto reply = control.exchange(Command::auth_tls(), ctx);
  if (!reply) return fail(std::move(reply));
  if (reply->code >= 500) {
    reply = control.exchange(Command::auth_ssl(), ctx);
    if (!reply) return fail(std::move(reply));
  }
  if (!agrees_to_tls(*reply)) return no_tls(settings, *reply);
  return start_tls(control, settings.tls, server, resume, ctx);
}

Status log_in(ControlConnection& control, const SessionSettings& settings, const OpContext& ctx) {
  auto user = Command::user(settings.user);
  if (!user) return fail(std::move(user));
  auto reply = control.exchange(*user, ctx);
  if (!reply) return fail(std::move(reply));
  if (reply->code == kNeedPassword) {
    auto pass = Command::pass(settings.password);
    if (!pass) return fail(std::move(pass));
    reply = control.exchange(*pass, ctx);
    if (!reply) return fail(std::move(reply));
  }
  if (reply->completed()) return {};
  const bool in_without_asking = control.greeting().code == kLoggedInAlready && reply->code == kBadSequence;
  return in_without_asking ? Status{} : refused_login(settings, *reply);
}

Status set_up(ControlConnection& control, const SessionSettings& settings, ServerKnowledge& server,
              const OpContext& ctx) {
  auto commands = first_questions(settings);
  const std::size_t demanded = commands.size();
  if (!server.capabilities()) commands.push_back(Command::feat());
  auto replies = ask_in_flights(control, server, commands, settings.reply_timeout, ctx);
  if (!replies) return fail(std::move(replies));
  for (std::size_t i = 0; i < demanded; ++i) {
    if (auto ok = demand(settings, commands[i], (*replies)[i]); !ok) return ok;
  }
  if (demanded < commands.size()) {
    const Reply& features = replies->back();
    // Taken for a refusal, it would stay the answer for the rest of the mount.
    if (features.code == kServiceNotAvailable)
      return std::unexpected(classify(commands.back(), features).error);
    server.set_capabilities(Capabilities::from_feat(features));
  }
  return agree_on_utf8(control, settings, server, ctx);
}

}  // namespace ftpsfs::ftp
