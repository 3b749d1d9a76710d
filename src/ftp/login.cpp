#include "login.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <span>
#include <string_view>
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
constexpr int kNotLoggedIn = 530;

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
std::vector<Command> utf8_requests(const std::optional<Capabilities>& capabilities,
                                   const ServerKnowledge& server) {
  std::vector<Command> commands;
  if (!capabilities || !capabilities->utf8 || server.lacks_utf8_opts) return commands;
  if (capabilities->clnt) commands.push_back(Command::clnt());
  commands.push_back(Command::opts_utf8_on());
  return commands;
}

// A server that minds what it has got too early gets time for a second try.
OpContext while_on_trial(const OpContext& ctx) {
  if (ctx.deadline == base::SteadyTime::max()) return ctx;
  return ctx.capped((ctx.deadline - std::chrono::steady_clock::now()) / 2);
}

Result<Reply> answer_to_auth(ControlConnection& control, Boldness& boldness, const OpContext& ctx) {
  if (!control.awaits_answer_to_auth()) return control.exchange(Command::auth_tls(), ctx);
  boldness.on_trial = true;
  const OpContext limited = while_on_trial(ctx);
  for (;;) {
    auto reply = control.read_reply(limited);
    if (!reply) return reply;
    if (reply->preliminary()) continue;
    boldness.on_trial = false;
    return reply;
  }
}

bool is_in(const ControlConnection& control, const Reply& reply) {
  return reply.completed() || (control.greeting().code == kLoggedInAlready && reply.code == kBadSequence);
}

Status log_in_step_by_step(ControlConnection& control, const SessionSettings& settings, const Command& user,
                           const Command& pass, const OpContext& ctx) {
  auto reply = control.exchange(user, ctx);
  if (!reply) return fail(std::move(reply));
  if (reply->code == kNeedPassword) {
    reply = control.exchange(pass, ctx);
    if (!reply) return fail(std::move(reply));
  }
  return is_in(control, *reply) ? Status{} : refused_login(settings, *reply);
}

// ftp-srv looks at what stands behind the password before it has looked at that, and its refusals overtake the consent. So
// only those get it early that were measured to work on one command after the other.
bool works_in_order(const Reply& greeting) {
  constexpr std::array<std::string_view, 4> kMeasured{"vsftpd", "ProFTPD", "Pure-FTPd", "pyftpdlib"};
  return std::ranges::find(kMeasured, recognize_server(greeting.text(), {}, {}).name) != kMeasured.end();
}

// Gives what the server refuses the login with, or nothing.
Result<std::optional<Reply>> log_in_boldly(ControlConnection& control, const Command& user,
                                           const Command& pass, SetUp& set_up, const OpContext& ctx) {
  // Each in a record of its own: vsftpd reads on in another process once it has the password.
  for (const Command* command : {&user, &pass}) {
    if (auto ok = control.send(*command, ctx); !ok) return fail(std::move(ok));
  }
  const std::span questions(set_up.questions.data(),
                            works_in_order(control.greeting()) ? set_up.questions.size() : 0);
  for (const Command& question : questions) {
    if (auto ok = control.send(question, ctx); !ok) return fail(std::move(ok));
  }
  auto to_user = control.read_final_reply(ctx);
  if (!to_user) return fail(std::move(to_user));
  auto to_pass = control.read_final_reply(ctx);
  if (!to_pass) return fail(std::move(to_pass));
  // A server that wants no password refuses it, as being out of place.
  Reply& verdict = to_user->code == kNeedPassword ? *to_pass : *to_user;
  if (!is_in(control, verdict)) return std::optional(std::move(verdict));
  while (set_up.answers.size() < questions.size()) {
    auto answer = control.read_final_reply(ctx);
    if (!answer) return fail(std::move(answer));
    set_up.answers.push_back(std::move(*answer));
  }
  return std::nullopt;
}

bool believable(const SetUp& plan) {
  const auto came_too_early = [](const Reply& answer) {
    return answer.code == kNotLoggedIn || answer.code == kBadSequence;
  };
  return plan.answers.size() == plan.questions.size() && std::ranges::none_of(plan.answers, came_too_early);
}

}  // namespace

Status secure(ControlConnection& control, const SessionSettings& settings, ServerKnowledge& server,
              tls::Resume resume, Boldness& boldness, const OpContext& ctx) {
  if (settings.security != Security::explicit_tls) return {};
  auto reply = answer_to_auth(control, boldness, ctx);
  if (!reply) return fail(std::move(reply));
  if (reply->code >= 500) {
    reply = control.exchange(Command::auth_ssl(), ctx);
    if (!reply) return fail(std::move(reply));
  }
  if (!agrees_to_tls(*reply)) return no_tls(settings, *reply);
  return start_tls(control, settings.tls, server, resume, ctx);
}

SetUp plan_set_up(const SessionSettings& settings, const ServerKnowledge& server) {
  SetUp plan;
  plan.questions = first_questions(settings);
  plan.demanded = plan.questions.size();
  const auto known = server.capabilities();
  plan.first_login = !known;
  if (plan.first_login) {
    plan.questions.push_back(Command::feat());
    plan.questions.push_back(Command::pwd());
  }
  std::ranges::move(utf8_requests(known, server), std::back_inserter(plan.questions));
  return plan;
}

Status log_in(ControlConnection& control, const SessionSettings& settings, SetUp& set_up, Boldness& boldness,
              const OpContext& ctx) {
  const auto user = Command::user(settings.user);
  if (!user) return std::unexpected(user.error());
  const auto pass = Command::pass(settings.password);
  if (!pass) return std::unexpected(pass.error());
  if (!boldness.allowed || !control.encrypted())
    return log_in_step_by_step(control, settings, *user, *pass, ctx);
  boldness.on_trial = true;
  auto done = log_in_boldly(control, *user, *pass, set_up, while_on_trial(ctx));
  if (!done) return std::unexpected(done.error());
  boldness.on_trial = false;
  return *done ? refused_login(settings, **done) : Status{};
}

Result<std::optional<Reply>> set_up(ControlConnection& control, const SessionSettings& settings,
                                    ServerKnowledge& server, SetUp plan, const OpContext& ctx) {
  if (!believable(plan)) {
    auto answers = ask_in_flights(control, server, plan.questions, settings.reply_timeout, ctx);
    if (!answers) return fail(std::move(answers));
    plan.answers = std::move(*answers);
  }
  for (std::size_t i = 0; i < plan.demanded; ++i) {
    if (auto ok = demand(settings, plan.questions[i], plan.answers[i]); !ok) return fail(std::move(ok));
  }
  if (!plan.first_login) return std::nullopt;
  const Reply& features = plan.answers[plan.demanded];
  // Taken for a refusal, it would stay the answer for the rest of the mount.
  if (features.code == kServiceNotAvailable)
    return std::unexpected(classify(plan.questions[plan.demanded], features).error);
  server.set_capabilities(Capabilities::from_feat(features));
  server.learn_family(recognize_server(control.greeting().text(), {}, features.text()));
  const auto utf8 = utf8_requests(server.capabilities(), server);
  if (auto agreed = ask_in_flights(control, server, utf8, settings.reply_timeout, ctx); !agreed)
    return fail(std::move(agreed));
  return std::move(plan.answers[plan.demanded + 1]);
}

}  // namespace ftpsfs::ftp
