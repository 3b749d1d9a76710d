#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <utility>
#include <vector>

#include "control_session.h"
#include "text.h"

namespace ftpsfs::testing {

namespace {

constexpr std::size_t kChunk = 128U * 1024;
constexpr std::chrono::milliseconds kReleasePoll{2};

// How long a server with late replies looks out for an ABOR behind a transfer that was cut off.
constexpr std::chrono::milliseconds kAbortPatience{500};

class CountedTransfer {
 public:
  explicit CountedTransfer(Counters& counters) : counters_(counters) { counters_.begin_transfer(); }
  CountedTransfer(const CountedTransfer&) = delete;
  CountedTransfer& operator=(const CountedTransfer&) = delete;
  ~CountedTransfer() { counters_.end_transfer(); }

 private:
  Counters& counters_;
};

bool was_reset(int fd) {
  pollfd state{fd, 0, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLNVAL)) != 0;
}

bool write_at(int fd, std::string_view data, std::uint64_t offset) {
  while (!data.empty()) {
    const auto written = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (written <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return true;
}

}  // namespace

std::optional<std::uint16_t> ControlSession::open_passive() {
  if (personality_.needs_pret && !std::exchange(pret_given_, false)) {
    reply("500 You need to use a client supporting PRET (PRE Transfer) to use PASV.");
    return std::nullopt;
  }
  const unsigned every = personality_.epsv_fails_every;
  if (every > 0 && ++passive_replies_ % every == 0) {
    data_.close();
    reply("425 Cannot prepare for data connection.");
    return std::nullopt;
  }
  const auto port = data_.listen();
  if (!port) {
    reply("425 Cannot prepare for data connection.");
    return std::nullopt;
  }
  prepare_ticket();
  return port;
}

// It is sent together with the reply that follows, in front of it.
void ControlSession::prepare_ticket() {
  SSL* ssl = channel_.stream().ssl();
  if (environment_.tls.ticket_per_passive() && SSL_version(ssl) == TLS1_3_VERSION)
    SSL_new_session_ticket(ssl);
}

void ControlSession::cmd_epsv(std::string_view /*argument*/) {
  if (const auto port = open_passive()) {
    if (personality_.epsv_port_is_dead) data_.close();
    reply("229 Entering Extended Passive Mode (|||" + std::to_string(*port) + "|)");
  }
}

void ControlSession::cmd_pasv(std::string_view /*argument*/) {
  if (const auto port = open_passive()) {
    reply("227 Entering Passive Mode (" + personality_.pasv_address + "," + std::to_string(*port / 256) +
          "," + std::to_string(*port % 256) + ").");
  }
}

void ControlSession::cmd_pret(std::string_view /*argument*/) {
  pret_given_ = true;
  reply("200 OK, planning to use passive mode for it.");
}

void ControlSession::cmd_port(std::string_view argument) {
  std::array<unsigned, 6> numbers{};
  for (unsigned& number : numbers) {
    const auto comma = std::min(argument.find(','), argument.size());
    std::from_chars(argument.data(), argument.data() + comma, number);
    argument.remove_prefix(std::min(comma + 1, argument.size()));
  }
  const bool ours = numbers[0] == 127 && numbers[1] == 0 && numbers[2] == 0 && numbers[3] == 1;
  const unsigned port = numbers[4] * 256 + numbers[5];
  prepare_active(ours && port <= UINT16_MAX ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt);
}

void ControlSession::cmd_eprt(std::string_view argument) {
  const std::string_view expected = environment_.ipv6 ? "|2|::1|" : "|1|127.0.0.1|";
  std::uint16_t port = 0;
  const bool ours = argument.starts_with(expected);
  if (ours) std::from_chars(argument.data() + expected.size(), argument.data() + argument.size(), port);
  prepare_active(ours && port != 0 ? std::optional(port) : std::nullopt);
}

void ControlSession::prepare_active(std::optional<std::uint16_t> port) {
  if (!port) return reply("500 Illegal PORT command.");
  data_.expect_active(*port);
  prepare_ticket();
  reply("200 PORT command successful.");
}

void ControlSession::cmd_rest(std::string_view argument) {
  std::uint64_t offset = 0;
  const char* last = argument.data() + argument.size();
  const auto [end, error] = std::from_chars(argument.data(), last, offset);
  if (error != std::errc{} || end != last || offset > INT64_MAX)
    return reply("501 REST needs a byte offset.");
  restart_ = offset;
  reply("350 Restart position accepted (" + std::to_string(offset) + ").");
}

bool ControlSession::data_allowed() {
  if (!protected_data_ && !data_.clear()) {
    reply(personality_.texts.unprotected_data);
    return false;
  }
  if (data_.prepared()) return true;
  reply(personality_.texts.no_passive);
  return false;
}

void ControlSession::refuse_data(const std::string& text, RefusalEffect effect) {
  data_.close();
  reply(text);
  if (effect == RefusalEffect::close_control) end_session(CutStyle::clean);
}

bool ControlSession::open_data(const std::string& start) {
  data_.peer().refuse_resumption =
      personality_.resumption == Resumption::never || (fault() != nullptr && fault()->refuse_resumption);
  const bool early = data_.connected();
  const IoStatus accepted = data_.await_connection();
  if (accepted != IoStatus::ok) {
    refuse_data(personality_.texts.no_connection, RefusalEffect::keep_control);
    return false;
  }
  const auto& first =
      early && !personality_.texts.data_is_open.empty() ? personality_.texts.data_is_open : start;
  if (personality_.data_tls_start == DataTlsStart::before_reply) {
    if (!judge_handshake(secure_data())) return false;
    preliminary(first);
    return !ended_;
  }
  preliminary(first);
  if (ended_) return false;
  return judge_handshake(secure_data());
}

IoStatus ControlSession::secure_data() { return data_.clear() ? IoStatus::ok : data_.finish_handshake(); }

bool ControlSession::judge_handshake(IoStatus status) {
  const auto& texts = personality_.texts;
  if (status != IoStatus::ok) {
    refuse_data(texts.handshake_failed, personality_.handshake_failure_effect);
    return false;
  }
  if (data_.clear()) return true;
  if (!data_protocol_agrees()) {
    refuse_data(texts.handshake_failed, personality_.handshake_failure_effect);
    return false;
  }
  const bool refused = data_.peer().refuse_resumption;
  if (data_.resumption_acceptable(channel_.stream().ssl(), refused)) return true;
  refuse_data(texts.not_resumed, personality_.refusal_effect);
  return false;
}

bool ControlSession::data_protocol_agrees() {
  if (!personality_.tls.selects_alpn || selected_protocol(channel_.stream().ssl()) != kFilezillaProtocol)
    return true;
  return selected_protocol(data_.stream().ssl()) == kFilezillaDataProtocol;
}

bool ControlSession::data_fault_due(std::uint64_t bytes) const {
  const Fault* spec = fault();
  if (spec == nullptr || data_fault_done_) return false;
  const bool wanted = spec->reset_data || spec->stall_data || spec->cut_control == CutPoint::after_bytes;
  return wanted && bytes >= spec->data_bytes;
}

// A fault is to happen exactly where the test wants it.
std::size_t ControlSession::chunk_limit(std::uint64_t bytes, std::size_t most) const {
  const Fault* spec = fault();
  if (spec == nullptr || data_fault_done_ || spec->data_bytes <= bytes) return most;
  return static_cast<std::size_t>(std::min<std::uint64_t>(most, spec->data_bytes - bytes));
}

ControlSession::TransferEnd ControlSession::apply_data_fault() {
  const Fault& spec = *fault();
  data_fault_done_ = true;
  if (spec.cut_control == CutPoint::after_bytes) {
    end_session(spec.cut_style);
    data_.close();
    return TransferEnd::session_over;
  }
  if (spec.stall_data) {
    const int fd = data_.stream().fd();
    fault_->note_reached();
    while (!fault_->released() && !was_reset(fd) && wakeup_.wait(-1, 0, kReleasePoll) == Ready::timed_out) {
    }
    if (wakeup_.cancelled()) return TransferEnd::session_over;
  }
  if (!spec.reset_data) return TransferEnd::done;
  data_.stream().reset();
  return TransferEnd::peer_failed;
}

void ControlSession::cmd_retr(std::string_view argument) {
  if (!data_allowed()) return;
  const auto path = disk_path(argument, true);
  if (!path) return;
  const UniqueFd file(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return reply_errno(argument, errno);
  if (!S_ISREG(status.st_mode)) return reply_errno(argument, S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (restart_ > size && !personality_.rest_beyond_end) return reply(personality_.texts.rest_beyond_end);
  auto offset = restart_;
  const auto source = [&](std::span<char> buffer) {
    const auto count = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count > 0) offset += static_cast<std::uint64_t>(count);
    return count;
  };
  const auto left = std::to_string(size - std::min(size, restart_));
  const auto start = filled(filled(personality_.texts.retr_start, "{path}", argument), "{bytes}", left);
  download({start, personality_.texts.retr_done, source});
}

void ControlSession::download(const Download& job) {
  const CountedTransfer counted(environment_.counters);
  if (!open_data(job.start)) return data_.close();
  const bool confirmed = personality_.download_end == DownloadEnd::reply_before_data && fault() == nullptr;
  if (confirmed) reply(job.done);
  const TransferEnd end = send_all(job.source);
  if (end == TransferEnd::done) return finish_download(job, confirmed);
  data_.close();
  environment_.counters.add(&CounterSnapshot::downloads_aborted);
  if (end == TransferEnd::peer_failed && !confirmed) answer_cut_download();
}

void ControlSession::answer_cut_download() {
  const AbortReplies order = personality_.abort_replies;
  const auto abort_follows = [this] {
    return channel_.has_input() ||
           wakeup_.wait(channel_.stream().fd(), POLLIN, kAbortPatience) == Ready::ready;
  };
  if (order == AbortReplies::abort_only) return;
  if (order == AbortReplies::in_order || !abort_follows()) return reply(personality_.texts.send_failed);
  if (order == AbortReplies::late) {
    late_replies_ = personality_.texts.send_failed + "\r\n";
  } else {
    reply(personality_.texts.send_failed);
  }
  late_replies_ += personality_.texts.abort + "\r\n";
}

void ControlSession::send_late_replies() {
  if (verb_ != "PWD" || late_replies_.empty()) return;
  send(std::exchange(late_replies_, {}));
}

ControlSession::TransferEnd ControlSession::send_all(const Source& source) {
  std::vector<char> buffer(kChunk);
  std::uint64_t sent = 0;
  for (;;) {
    if (data_fault_due(sent)) {
      const TransferEnd end = apply_data_fault();
      if (end != TransferEnd::done) return end;
    }
    const auto count = source(std::span(buffer).first(chunk_limit(sent, buffer.size())));
    if (count == 0) return TransferEnd::done;
    if (count < 0) return TransferEnd::peer_failed;
    const auto result = data_.stream().write_all({buffer.data(), static_cast<std::size_t>(count)});
    sent += result.bytes;
    environment_.counters.add(&CounterSnapshot::bytes_sent, result.bytes);
    if (result.status == IoStatus::cancelled) return TransferEnd::session_over;
    if (result.status != IoStatus::ok) return TransferEnd::peer_failed;
  }
}

void ControlSession::finish_download(const Download& job, bool confirmed) {
  // Before the reply, so that a test that has seen the reply sees the count.
  environment_.counters.add(&CounterSnapshot::downloads_complete);
  const DownloadEnd order = personality_.download_end;
  const bool silent = fault() != nullptr && fault()->no_close_notify;
  const bool at_once = order == DownloadEnd::reply_first || order == DownloadEnd::reply_before_data;
  if (at_once && !confirmed) reply(job.done);
  if (!silent) data_.stream().send_close_notify();
  if (order == DownloadEnd::reply_after_client_close && !silent) data_.stream().drain(false);
  data_.close();
  if (!at_once) reply(job.done);
}

void ControlSession::cmd_stor(std::string_view argument) {
  const bool truncate = restart_ == 0;
  upload(argument, O_CREAT | O_WRONLY | (truncate ? O_TRUNC : 0), restart_);
}

void ControlSession::cmd_appe(std::string_view argument) {
  if (restart_ > 0 && !personality_.append_after_rest) {
    return reply("450 Can't APPE while REST request is pending.");
  }
  upload(argument, O_CREAT | O_WRONLY | O_APPEND, 0);
}

UniqueFd ControlSession::open_for_upload(std::string_view argument, int flags, std::uint64_t offset) {
  const auto path = disk_path(argument, true);
  if (!path) return UniqueFd{};
  const bool exists = ::access(path->c_str(), F_OK) == 0;
  if (exists && !personality_.stor_over_existing && (flags & O_APPEND) == 0) {
    reply("550 " + std::string(argument) + ": Overwrite permission denied");
    return UniqueFd{};
  }
  if (!exists && !personality_.takes_dot_names &&
      std::filesystem::path(*path).filename().string().starts_with('.')) {
    reply("553 Prohibited file name: " + std::string(argument));
    return UniqueFd{};
  }
  UniqueFd file(::open(path->c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0666));
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) {
    reply_errno(argument, errno);
    return UniqueFd{};
  }
  if (!personality_.rest_beyond_end && offset > static_cast<std::uint64_t>(status.st_size)) {
    reply(personality_.texts.rest_beyond_end);
    return UniqueFd{};
  }
  const bool cut = offset > 0 && personality_.rest_store == RestStore::truncate;
  if (cut && ::ftruncate(file.get(), static_cast<off_t>(offset)) != 0) {
    reply_errno(argument, errno);
    return UniqueFd{};
  }
  return file;
}

void ControlSession::upload(std::string_view argument, int flags, std::uint64_t offset) {
  if (!data_allowed()) return;
  const UniqueFd file = open_for_upload(argument, flags, offset);
  if (!file.valid()) return;
  const CountedTransfer counted(environment_.counters);
  if (!open_data(filled(personality_.texts.stor_start, "{path}", argument))) return data_.close();
  IoStatus last = IoStatus::failed;
  const TransferEnd end = receive_all(file.get(), offset, last);
  if (end == TransferEnd::done) return finish_upload(last);
  data_.close();
  environment_.counters.add(&CounterSnapshot::uploads_aborted);
  if (end == TransferEnd::peer_failed) reply(personality_.texts.receive_failed);
}

ControlSession::TransferEnd ControlSession::receive_all(int file, std::uint64_t offset, IoStatus& end) {
  std::vector<char> buffer(kChunk);
  std::uint64_t received = 0;
  for (;;) {
    if (data_fault_due(received)) {
      const TransferEnd fault_end = apply_data_fault();
      if (fault_end != TransferEnd::done) return fault_end;
    }
    attend_to_commands();
    if (ended_) return TransferEnd::session_over;
    const auto result = data_.stream().read(std::span(buffer).first(chunk_limit(received, buffer.size())));
    end = result.status;
    if (end == IoStatus::close_notify || end == IoStatus::eof) return TransferEnd::done;
    if (end == IoStatus::cancelled) return TransferEnd::session_over;
    if (end != IoStatus::ok) return TransferEnd::peer_failed;
    if (!write_at(file, {buffer.data(), result.bytes}, offset + received)) return TransferEnd::peer_failed;
    received += result.bytes;
    environment_.counters.add(&CounterSnapshot::bytes_received, result.bytes);
  }
}

// Of a client that has cut its upload off, the ABOR is left for later.
void ControlSession::attend_to_commands() {
  if (personality_.commands_meanwhile == CommandsMeanwhile::wait) return;
  std::string line;
  while (!ended_ && !was_reset(data_.stream().fd()) &&
         channel_.next_line(line) == ControlChannel::Line::complete)
    execute_meanwhile(line);
}

void ControlSession::linger_for_commands() {
  const auto patience = personality_.upload_lingers;
  if (patience.count() == 0 || personality_.commands_meanwhile == CommandsMeanwhile::wait) return;
  while (!ended_ && wakeup_.wait(channel_.stream().fd(), POLLIN, patience) == Ready::ready)
    attend_to_commands();
}

void ControlSession::execute_meanwhile(const std::string& line) {
  if (personality_.commands_meanwhile == CommandsMeanwhile::refused) return send("500 Unknown command\r\n");
  const auto verb = verb_;
  const auto fault = fault_;
  const bool replied = std::exchange(final_reply_sent_, false);
  const bool faulted = data_fault_done_;
  const auto restart = restart_;
  execute(line);
  verb_ = verb;
  fault_ = fault;
  final_reply_sent_ = replied;
  data_fault_done_ = faulted;
  restart_ = restart;
}

void ControlSession::finish_upload(IoStatus end) {
  const bool clean = end == IoStatus::close_notify || data_.clear();
  environment_.counters.add(clean ? &CounterSnapshot::uploads_complete
                                  : &CounterSnapshot::uploads_without_close_notify);
  const bool silent = fault() != nullptr && fault()->no_close_notify;
  if (clean && !silent && personality_.upload_answers_close_notify) data_.stream().send_close_notify();
  if (clean && personality_.upload_waits_for_fin) data_.stream().drain(true);
  linger_for_commands();
  data_.close();
  const bool refused = !clean && personality_.upload_needs_close_notify;
  reply(refused ? personality_.texts.no_close_notify : personality_.texts.stor_done);
}

}  // namespace ftpsfs::testing
