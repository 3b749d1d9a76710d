#include <algorithm>

#include "control_session.h"

namespace ftpsfs::testing {

namespace {

constexpr int kMostBadLogins = 3;

}  // namespace

bool ControlSession::secure_control() {
  auto& stream = channel_.stream();
  stream.start_tls(environment_.tls.make_control(stream.fd(), peer_));
  if (stream.finish_handshake() != IoStatus::ok) {
    end_session(CutStyle::abrupt);
    return false;
  }
  const bool resumed = SSL_session_reused(stream.ssl()) == 1;
  environment_.counters.add(resumed ? &CounterSnapshot::control_handshakes_resumed
                                    : &CounterSnapshot::control_handshakes_full);
  return true;
}

void ControlSession::cmd_auth(std::string_view argument) {
  std::string kind(argument);
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
  const bool tls = personality_.auth_tls && (kind == "TLS" || kind == "TLS-C");
  if (!tls && !(personality_.auth_ssl && kind == "SSL")) return reply("504 Unknown AUTH type.");
  if (channel_.stream().ssl() != nullptr) return reply("503 Already using TLS.");
  if (personality_.auth_leftover == AuthLeftover::reject && channel_.has_clear_leftover()) {
    reply("503 AUTH must be the last command before the handshake.");
    return end_session(CutStyle::abrupt);
  }
  if (personality_.auth_leftover == AuthLeftover::discard) channel_.discard_clear_leftover();
  const bool replaced = fault() != nullptr && fault()->replace_reply.has_value();
  reply(personality_.texts.auth);
  if (!ended_ && !replaced) secure_control();
}

void ControlSession::cmd_pbsz(std::string_view /*argument*/) {
  protection_negotiated_ = true;
  reply("200 PBSZ set to 0.");
}

void ControlSession::cmd_prot(std::string_view argument) {
  if (personality_.needs_pbsz && !protection_negotiated_)
    return reply("503 You must issue the PBSZ command prior to PROT.");
  const bool clear = personality_.clear_data && (argument == "C" || argument == "c");
  data_.set_clear(clear);
  protected_data_ = !clear;
  if (clear) return reply("200 PROT now Clear.");
  if (argument == "P" || argument == "p") {
    return reply("200 PROT now Private.");
  }
  reply(argument == "C" || argument == "c" ? "534 PROT C is not allowed." : "536 PROT level not supported.");
}

void ControlSession::cmd_user(std::string_view argument) {
  if (!channel_.stream().handshake_done()) {
    reply(personality_.texts.clear_user);
    if (personality_.clear_user_closes) end_session(CutStyle::clean);
    return;
  }
  user_ = argument;
  logged_in_ = false;
  reply(personality_.texts.user);
}

void ControlSession::cmd_pass(std::string_view argument) {
  const auto& account = environment_.account;
  if (user_.empty()) return reply("503 Login with USER first.");
  if (user_ != account.user || argument != account.password) {
    reply(personality_.texts.bad_login);
    if (++bad_logins_ >= kMostBadLogins) end_session(CutStyle::clean);
    return;
  }
  logged_in_ = true;
  environment_.counters.add(&CounterSnapshot::logins);
  reply(personality_.texts.login);
}

void ControlSession::cmd_feat(std::string_view /*argument*/) {
  std::string text = personality_.feature_head + "\r\n";
  for (const auto& feature : personality_.features) text += personality_.feature_indent + feature + "\r\n";
  reply(text + personality_.feature_tail);
}

void ControlSession::cmd_opts(std::string_view argument) {
  if (argument.starts_with("UTF8") || argument.starts_with("utf8")) {
    utf8_ = !argument.ends_with("OFF");
    return reply(personality_.texts.opts_utf8);
  }
  if (argument.starts_with("MLST")) return reply(personality_.texts.opts_mlst);
  reply("501 Option not understood.");
}

void ControlSession::cmd_syst(std::string_view /*argument*/) { reply(personality_.texts.syst); }

void ControlSession::cmd_type(std::string_view argument) {
  if (argument == "I" || argument == "i" || argument == "L 8") return reply("200 Switching to Binary mode.");
  if (argument.starts_with('A') && !personality_.takes_ascii) return reply("504 Only TYPE I is supported.");
  if (argument == "A" || argument == "a" || argument == "A N") return reply("200 Switching to ASCII mode.");
  reply("500 Unrecognised TYPE command.");
}

void ControlSession::cmd_noop(std::string_view /*argument*/) { reply("200 NOOP ok."); }

void ControlSession::cmd_quit(std::string_view /*argument*/) {
  reply(personality_.texts.quit);
  end_session(CutStyle::clean);
}

void ControlSession::cmd_abor(std::string_view /*argument*/) {
  if (late_replies_.empty()) reply(personality_.texts.abort);
}

}  // namespace ftpsfs::testing
