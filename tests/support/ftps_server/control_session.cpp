#include "control_session.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <system_error>

namespace ftpsfs::testing {

namespace {

// write() on a reset socket inside OpenSSL would raise SIGPIPE in this thread.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

struct SplitLine {
  std::string verb;
  std::string_view argument;
};

SplitLine split_word(std::string_view line) {
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return {upper(line), {}};
  return {upper(line.substr(0, blank)), line.substr(blank + 1)};
}

SplitLine split_command(std::string_view line) {
  SplitLine command = split_word(line);
  if (command.verb != "SITE") return command;
  SplitLine site = split_word(command.argument);
  site.verb.insert(0, "SITE ");
  return site;
}

std::string owner_token(std::uint64_t id) {
  static std::atomic<std::uint64_t> made{0};
  return "control-" + std::to_string(id) + "-" + std::to_string(++made);
}

}  // namespace

ControlSession::ControlSession(const SessionEnvironment& environment, UniqueFd socket, std::uint64_t id,
                               std::size_t alive)
    : environment_(environment),
      personality_(environment.personality),
      id_(id),
      alive_at_accept_(alive),
      peer_{owner_token(id), false, {}},
      channel_(std::move(socket), wakeup_, environment.io_limit, environment.personality.most_line_bytes),
      data_(environment, wakeup_, peer_.owner) {}

const ControlSession::Command* ControlSession::find_command(std::string_view verb) {
  using S = ControlSession;
  static constexpr std::array<Command, 48> commands{{
      {"AUTH", &S::cmd_auth, Access::anyone},
      {"FEAT", &S::cmd_feat, Access::anyone},
      {"QUIT", &S::cmd_quit, Access::anyone},
      {"NOOP", &S::cmd_noop, Access::anyone},
      {"USER", &S::cmd_user, Access::anyone},
      {"PASS", &S::cmd_pass, Access::secured},
      {"PBSZ", &S::cmd_pbsz, Access::secured},
      {"PROT", &S::cmd_prot, Access::secured},
      {"OPTS", &S::cmd_opts, Access::anyone},
      {"SYST", &S::cmd_syst, Access::logged_in},
      {"TYPE", &S::cmd_type, Access::logged_in},
      {"ABOR", &S::cmd_abor, Access::logged_in},
      {"PWD", &S::cmd_pwd, Access::logged_in},
      {"XPWD", &S::cmd_pwd, Access::logged_in},
      {"CWD", &S::cmd_cwd, Access::logged_in},
      {"CDUP", &S::cmd_cdup, Access::logged_in},
      {"SIZE", &S::cmd_size, Access::logged_in},
      {"MDTM", &S::cmd_mdtm, Access::logged_in},
      {"MFMT", &S::cmd_mfmt, Access::logged_in},
      {"MFF", &S::cmd_mff, Access::logged_in},
      {"AVBL", &S::cmd_avbl, Access::logged_in},
      {"DELE", &S::cmd_dele, Access::logged_in},
      {"MKD", &S::cmd_mkd, Access::logged_in},
      {"XMKD", &S::cmd_mkd, Access::logged_in},
      {"RMD", &S::cmd_rmd, Access::logged_in},
      {"XRMD", &S::cmd_rmd, Access::logged_in},
      {"RNFR", &S::cmd_rnfr, Access::logged_in},
      {"RNTO", &S::cmd_rnto, Access::logged_in},
      {"SITE CHMOD", &S::cmd_site_chmod, Access::logged_in},
      {"SITE UTIME", &S::cmd_site_utime, Access::logged_in},
      {"SITE QUOTA", &S::cmd_site_quota, Access::logged_in},
      {"SITE SYMLINK", &S::cmd_site_symlink, Access::logged_in},
      {"LIST", &S::cmd_list, Access::logged_in},
      {"NLST", &S::cmd_nlst, Access::logged_in},
      {"MLSD", &S::cmd_mlsd, Access::logged_in},
      {"MLST", &S::cmd_mlst, Access::logged_in},
      {"STAT", &S::cmd_stat, Access::logged_in},
      {"EPSV", &S::cmd_epsv, Access::logged_in},
      {"PASV", &S::cmd_pasv, Access::logged_in},
      {"PRET", &S::cmd_pret, Access::logged_in},
      {"PORT", &S::cmd_port, Access::logged_in},
      {"EPRT", &S::cmd_eprt, Access::logged_in},
      {"REST", &S::cmd_rest, Access::logged_in},
      {"RETR", &S::cmd_retr, Access::logged_in},
      {"STOR", &S::cmd_stor, Access::logged_in},
      {"APPE", &S::cmd_appe, Access::logged_in},
      {"XCWD", &S::cmd_cwd, Access::logged_in},
      {"XCUP", &S::cmd_cdup, Access::logged_in},
  }};
  const auto* found =
      std::find_if(commands.begin(), commands.end(), [&](const auto& entry) { return entry.verb == verb; });
  return found == commands.end() ? nullptr : found;
}

void ControlSession::run() {
  block_signals();
  try {
    if (greet()) serve();
  } catch (const std::exception&) {
    // Out of descriptors or memory: to the client that is a lost connection.
  }
  {
    const std::lock_guard lock(mail_mutex_);
    idle_ = false;
  }
  data_.close();
  channel_.close(drop_style_.load());
  environment_.counters.subtract(&CounterSnapshot::control_alive);
  finished_.store(true);
}

void ControlSession::drop(CutStyle style) {
  drop_style_.store(style);
  wakeup_.cancel();
}

bool ControlSession::drop_if_idle(CutStyle style) {
  const std::lock_guard lock(mail_mutex_);
  if (!idle_) return false;
  mail_.drop = style;
  wakeup_.nudge();
  return true;
}

bool ControlSession::send_if_idle(const std::string& raw) {
  const std::lock_guard lock(mail_mutex_);
  if (!idle_) return false;
  mail_.raw += raw;
  wakeup_.nudge();
  return true;
}

bool ControlSession::greet() {
  if (const auto refusal = environment_.faults.refuse_connection(alive_at_accept_)) {
    environment_.counters.add(&CounterSnapshot::control_refused);
    if (!refusal->empty()) send(*refusal + "\r\n");
    end_session(CutStyle::clean);
    return false;
  }
  if (environment_.implicit_tls && !secure_control()) return false;
  protected_data_ = environment_.implicit_tls;
  fault_ = environment_.faults.match(Faults::kGreeting);
  if (!hit_fault_before_execution()) reply(greeting_text());
  fault_.reset();
  final_reply_sent_ = false;
  return !ended_;
}

std::string ControlSession::greeting_text() const {
  std::string text;
  for (std::size_t i = 0; i < personality_.greeting.size(); ++i) {
    const bool last = i + 1 == personality_.greeting.size();
    text += (last ? "220 " : "220-") + personality_.greeting[i] + (last ? "" : "\r\n");
  }
  return text;
}

void ControlSession::serve() {
  std::string line;
  while (!ended_ && wait_for_line(line)) execute(line);
}

bool ControlSession::wait_for_line(std::string& line) {
  while (!ended_ && !wakeup_.cancelled()) {
    switch (channel_.next_line(line)) {
      case ControlChannel::Line::complete: return true;
      case ControlChannel::Line::ended: return false;
      case ControlChannel::Line::too_long:
        send("500 Command line too long.\r\n");
        end_session(CutStyle::clean);
        return false;
      case ControlChannel::Line::incomplete: wait_for_events(); break;
    }
  }
  return false;
}

void ControlSession::wait_for_events() {
  {
    const std::lock_guard lock(mail_mutex_);
    idle_ = true;
  }
  std::array<pollfd, 4> fds{pollfd{channel_.stream().fd(), POLLIN, 0}, pollfd{wakeup_.cancel_fd(), POLLIN, 0},
                            pollfd{wakeup_.nudge_fd(), POLLIN, 0}, data_.watched()};
  const int count = ::poll(fds.data(), fds.size(), -1);
  {
    const std::lock_guard lock(mail_mutex_);
    idle_ = false;
  }
  if (count < 0) return;
  if (fds[3].revents != 0 && fds[0].revents == 0) data_.on_ready([this] { return channel_.has_input(); });
  if (fds[2].revents != 0) read_mail();
}

void ControlSession::read_mail() {
  Mail mail;
  {
    const std::lock_guard lock(mail_mutex_);
    wakeup_.take_nudge();
    std::swap(mail, mail_);
  }
  if (!mail.raw.empty()) send(mail.raw);
  if (mail.drop) end_session(*mail.drop);
}

void ControlSession::execute(const std::string& line) {
  const auto [verb, argument] = split_command(line);
  environment_.counters.log_command(id_, verb, verb == "PASS" ? "PASS ***" : line);
  verb_ = verb;
  fault_ = environment_.faults.match(verb);
  final_reply_sent_ = false;
  data_fault_done_ = false;
  if (!hit_fault_before_execution()) dispatch(argument);
  fault_.reset();
  send_late_replies();
}

void ControlSession::dispatch(std::string_view argument) {
  const Command* command = find_command(verb_);
  if (command == nullptr || is_missing(verb_)) return reply(personality_.texts.unknown);
  if (!allowed(*command)) return;
  if (is_denied(argument)) return reply(personality_.texts.denied);
  (this->*command->handler)(argument);
  if (verb_ != "RNFR") rename_from_.reset();
  if (forgets_restart(verb_)) restart_ = 0;
}

bool ControlSession::is_missing(std::string_view verb) const {
  const auto& missing = personality_.missing_verbs;
  if (verb == "SITE QUOTA" && personality_.quota.empty()) return true;
  if (missing.contains(verb) || (verb.starts_with("SITE ") && missing.contains("SITE"))) return true;
  const bool rare = verb == "MFF" || verb == "AVBL" || verb == "SITE SYMLINK";
  return rare && std::ranges::none_of(personality_.features, [verb](const std::string& feature) {
           return feature == verb || feature.substr(0, feature.find(' ')) == verb;
         });
}

// An argument without a path is about the working directory.
bool ControlSession::is_denied(std::string_view argument) const {
  const std::string& box = personality_.drop_box;
  if (box.empty() || !personality_.denied_in_drop_box.contains(verb_)) return false;
  const bool options_only = argument.empty() || argument.starts_with('-');
  const auto slash = argument.find('/');
  const auto path =
      options_only ? cwd_ : ftp_path(slash == std::string_view::npos ? argument : argument.substr(slash));
  return box == "/" || path == box || path.starts_with(box + "/");
}

bool ControlSession::forgets_restart(std::string_view verb) const {
  if (verb == "REST") return false;
  return verb == "RETR" || verb == "STOR" || verb == "APPE" || !personality_.rest_survives_commands;
}

bool ControlSession::hit_fault_before_execution() {
  if (fault() == nullptr) return false;
  if (cut_at(CutPoint::before_execute)) {
    end_session(fault()->cut_style);
    return true;
  }
  if (!fault()->replace_reply || fault()->execute_anyway) return false;
  reply(*fault()->replace_reply);
  return true;
}

bool ControlSession::allowed(const Command& command) {
  const bool secured = channel_.stream().handshake_done();
  if (command.access == Access::anyone) return true;
  if (command.access == Access::secured && secured) return true;
  if (command.access == Access::logged_in && logged_in_) return true;
  reply(command.access == Access::secured ? "503 Use AUTH first." : personality_.texts.not_logged_in);
  return false;
}

}  // namespace ftpsfs::testing
