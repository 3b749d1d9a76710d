#include "ftpsfs/ftp/classify.h"

#include <fmt/format.h>

#include <utility>

#include "reply_words.h"

namespace ftpsfs::ftp {

using base::Errc;
using Kind = Command::Kind;

namespace {

constexpr std::size_t kKeptReply = 4 << 10;  // bytes of the reply in an Error

struct Verdict {
  Errc code;
  bool ambiguous = false;
};

constexpr Verdict clear(Errc code) { return {code, false}; }
constexpr Verdict unclear(Errc code) { return {code, true}; }

bool begins_with(const Command& command, std::string_view verb) { return command.wire().starts_with(verb); }

// The path in a command: paths are absolute and no other argument has a blank and a slash in a row.
std::string_view path_of(const Command& command) {
  if (command.kind() == Kind::login) return {};
  auto wire = command.wire();
  const auto blank = wire.find(" /");
  if (blank == std::string_view::npos) return {};
  wire.remove_prefix(blank + 1);
  if (wire.ends_with("\r\n")) wire.remove_suffix(2);
  return wire;
}

bool names_a_path(Kind kind) { return kind != Kind::other && kind != Kind::login && kind != Kind::passive; }

bool uses_data_channel(Kind kind) {
  return kind == Kind::list || kind == Kind::retrieve || kind == Kind::store;
}

// 550 with words that say nothing, which is what vsftpd and FileZilla Server answer for every cause.
Verdict usual_cause(const Command& command) {
  switch (command.kind()) {
    case Kind::inspect:
    case Kind::list:
    case Kind::retrieve:
    case Kind::remove: return unclear(Errc::not_found);
    case Kind::store:
    case Kind::make_dir:
    case Kind::set_attr: return unclear(Errc::permission_denied);
    case Kind::remove_dir: return unclear(Errc::not_empty);
    case Kind::rename:
      return unclear(begins_with(command, "RNFR ") ? Errc::not_found : Errc::permission_denied);
    case Kind::other:
    case Kind::login:
    case Kind::passive: return clear(Errc::permission_denied);
  }
  return clear(Errc::internal);
}

Verdict of_service_closing(const Command& command, const Reply& reply, const ReplyWords& words) {
  if (tells_session_limit(reply, words)) return clear(Errc::too_many_sessions);
  const bool about_password =
      command.kind() == Kind::login && words.has_any({"fail", "attempt", "incorrect"});
  return clear(about_password ? Errc::login_refused : Errc::connection_lost);
}

Verdict of_login(const Command& command, const Reply& reply, const ReplyWords& words) {
  if (!begins_with(command, "USER ") && !begins_with(command, "PASS ")) return clear(Errc::tls_refused);
  if (tells_session_limit(reply, words)) return clear(Errc::too_many_sessions);
  if (reply.code == 534 || words.has_any({"must use encryption", "tls required", "ssl required",
                                          "requires ssl", "requires tls"})) {
    return clear(Errc::tls_refused);
  }
  return clear(reply.code < 500 && reply.code != 430 ? Errc::busy : Errc::login_refused);
}

// 425: the server has no data connection. A broken one is worth a new attempt at once; for want of one (IIS
// runs out of ports, vsftpd's accept times out) the server is momentarily unable.
Verdict of_no_data_connection(const Command& command, const Reply& reply, const ReplyWords& words) {
  if (tells_session_limit(reply, words)) return clear(Errc::too_many_sessions);
  if (words.has_any({"transfer", "abort", "reset"})) {
    // FileZilla Server's RETR of a directory ends like this after a 150.
    return {Errc::connection_lost, command.kind() == Kind::retrieve};
  }
  return {Errc::busy, command.kind() == Kind::retrieve};
}

// 521, 522, 533 to 537: RFC 2228's and RFC 4217's refusals of the protection level, unless they are older
// than those.
Verdict of_protection(const Command& command, const Reply& reply) {
  if (reply.code == 521 && command.kind() == Kind::make_dir) return clear(Errc::exists);  // RFC 1123 4.1.2.11
  if (reply.code == 522 && command.kind() == Kind::passive) return clear(Errc::not_supported);  // RFC 2428 2
  return clear(Errc::tls_refused);
}

bool is_about_protection(int code) { return code == 521 || code == 522 || (code >= 533 && code <= 537); }

Verdict of_syntax(const Command& command, const Reply& reply, const ReplyWords& words) {
  if (words.has("oops:")) return clear(Errc::connection_lost);                       // vsftpd's last words
  if (reply.code != 501 && words.has("command")) return clear(Errc::not_supported);  // "command not found"
  const auto said = names_a_path(command.kind()) ? errc_of_words(words) : std::nullopt;
  // pyftpdlib's "501 No such directory." to MLSD also means a file.
  if (said) return {*said, reply.code == 501 && command.kind() == Kind::list};
  if (reply.code != 501) return clear(Errc::not_supported);
  return {Errc::invalid_argument, command.kind() == Kind::list || command.kind() == Kind::inspect};
}

// 530 once logged in: a right is missing, or (some servers) the login is gone.
Verdict of_not_logged_in(const ReplyWords& words) {
  const bool gone = words.has_any({"not logged in", "log in", "login", "requires authentication"});
  return clear(gone ? Errc::connection_lost : Errc::permission_denied);
}

Verdict of_words_or_code(const Command& command, const Reply& reply, const ReplyWords& words) {
  // ProFTPD refuses so both for rights and for an existing target without AllowOverwrite.
  if (words.has("rename permission denied")) return unclear(Errc::permission_denied);
  // pyftpdlib says so of a directory and of what is missing.
  if (words.has("is not retrievable")) return unclear(Errc::is_a_directory);
  const bool pure_cannot_check = words.has("check for file existence");  // says "exist", knows nothing
  if (const auto said = errc_of_words(words); said && !pure_cannot_check) return clear(*said);
  switch (reply.code) {
    case 450: return {Errc::busy, names_a_path(command.kind())};
    case 451:
      // The second is Pure-FTPd's, of an upload whose data channel was reset.
      if (words.has_any({"data connection", "transfer aborted"})) return clear(Errc::connection_lost);
      return {Errc::busy, names_a_path(command.kind())};
    case 452:
    case 552: return clear(Errc::no_space);
    case 503: return clear(Errc::protocol_error);
    case 532: return clear(Errc::permission_denied);
    case 553:
      return {Errc::permission_denied, command.kind() == Kind::rename || command.kind() == Kind::store};
    case 554: return clear(Errc::invalid_argument);  // ProFTPD, pyftpdlib: REST beyond the end
    default: break;
  }
  return reply.code < 500 ? clear(Errc::busy) : usual_cause(command);
}

Verdict judge(const Command& command, const Reply& reply, const ReplyWords& words) {
  if (!reply.refused()) return clear(Errc::protocol_error);
  if (reply.code == 421 && !tells_missing_resumption(reply, words))
    return of_service_closing(command, reply, words);
  if (command.kind() == Kind::login) return of_login(command, reply, words);
  if (uses_data_channel(command.kind()) && tells_missing_resumption(reply, words))
    return clear(Errc::tls_not_resumed);
  switch (reply.code) {
    case 421: return of_service_closing(command, reply, words);
    case 425: return of_no_data_connection(command, reply, words);
    case 426: return clear(Errc::connection_lost);
    case 500:
    case 501:
    case 502:
    case 504: return of_syntax(command, reply, words);
    case 530: return of_not_logged_in(words);
    default: break;
  }
  if (is_about_protection(reply.code)) return of_protection(command, reply);
  return of_words_or_code(command, reply, words);
}

}  // namespace

Classified classify(const Command& command, const Reply& reply) {
  const Verdict verdict = judge(command, reply, ReplyWords(reply, path_of(command)));
  auto words = reply.text();
  if (words.size() > kKeptReply) words.resize(kKeptReply);
  return {.error = {.code = verdict.code,
                    .message = fmt::format("the server {} {}",
                                           reply.refused() ? "refused" : "gave a wrong answer to",
                                           command.loggable()),
                    .server_reply = std::move(words)},
          .ambiguous = verdict.ambiguous};
}

bool may_pass(const base::Error& refusal) {
  const bool lasts = refusal.code == Errc::no_space || refusal.code == Errc::quota_exceeded ||
                     refusal.code == Errc::not_found;
  return refusal.server_reply.starts_with('4') && !lasts;
}

bool is_resumption_refusal(const Reply& reply) { return tells_missing_resumption(reply, ReplyWords(reply)); }

bool is_session_limit(const Reply& reply) { return tells_session_limit(reply, ReplyWords(reply)); }

}  // namespace ftpsfs::ftp
