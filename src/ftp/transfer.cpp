#include "ftpsfs/ftp/transfer.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/active.h"
#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/net/blocking.h"
#include "passive.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using net::IoState;

namespace {

// How long a server that broke the data channel gets to say why on the control connection.
constexpr std::chrono::seconds kReasonTimeout{5};

constexpr int kCannotOpenDataConnection = 425;

constexpr std::string_view kReceiving = "receiving data";

spdlog::logger& logger() { return base::log("ftp"); }

}  // namespace

Transfer::Transfer(ControlConnection& control, const DataChannelSettings& settings, ServerKnowledge& server,
                   Command command)
    : control_(control),
      settings_(settings),
      server_(server),
      command_(std::move(command)),
      protected_(control.encrypted() && !settings.clear) {}

Transfer::~Transfer() { abandon(); }

Result<std::unique_ptr<Transfer>> Transfer::begin(ControlConnection& control, net::Dialer& dialer,
                                                  const DataChannelSettings& settings,
                                                  ServerKnowledge& server, Command command,
                                                  std::optional<std::uint64_t> restart_at,
                                                  std::unique_ptr<net::ByteStream> ready, Inquiry* inquiry,
                                                  const OpContext& ctx) {
  std::unique_ptr<Transfer> transfer(new Transfer(control, settings, server, std::move(command)));
  transfer->data_ = std::move(ready);
  if (auto ok = transfer->prepare_data(dialer, ctx); !ok) {
    // Nobody shall take a server without EPSV for one without RETR.
    if (ok.error().code == Errc::not_supported) ok.error().code = Errc::unreachable;
    return fail(std::move(ok));
  }
  if (inquiry != nullptr && !inquiry->questions.empty()) {
    inquiry->answers.clear();
    transfer->inquiry_ = inquiry;
    if (restart_at || server.one_at_a_time) {
      if (auto ok = transfer->ask(ctx); !ok) return fail(std::move(ok));
    } else {
      transfer->ahead_ = inquiry->questions;
    }
  }
  if (restart_at) {
    if (auto ok = transfer->restart(*restart_at, ctx); !ok) return fail(std::move(ok));
  }
  if (auto ok = transfer->start(ctx); !ok) return fail(std::move(ok));
  return transfer;
}

Status Transfer::ask(const OpContext& ctx) {
  for (const Command& question : inquiry_->questions) {
    if (auto ok = control_.send(question, ctx); !ok) return ok;
    if (!server_.one_at_a_time) continue;
    auto answer = control_.read_reply(ctx);
    if (!answer) return fail(std::move(answer));
    if (auto ok = take_answer(std::move(*answer)); !ok) return ok;
  }
  return {};
}

// A server that works on several commands at once must not have its answers mixed up.
Status Transfer::take_answer(Reply reply) {
  if (reply.preliminary()) return out_of_order(reply);
  inquiry_->answers.push_back(std::move(reply));
  if (inquiry_->answers.size() == inquiry_->questions.size()) inquiry_ = nullptr;
  return {};
}

Status Transfer::out_of_order(const Reply& reply) {
  server_.learn_disorder();
  return control_.out_of_order(reply);
}

Status Transfer::restart(std::uint64_t offset, const OpContext& ctx) {
  const Command rest = Command::rest(offset);
  if (auto ok = control_.send(rest, ctx); !ok) return ok;
  for (;;) {
    auto reply = control_.read_reply(ctx);
    if (!reply) return fail(std::move(reply));
    if (inquiry_ != nullptr) {
      if (auto ok = take_answer(std::move(*reply)); !ok) return ok;
      continue;
    }
    if (reply->preliminary()) continue;
    if (reply->intermediate()) return {};
    return std::unexpected(classify(rest, *reply).error);
  }
}

Status Transfer::prepare_data(net::Dialer& dialer, const OpContext& ctx) {
  if (data_) return {};
  if (settings_.active) {
    auto listener = offer_active(control_, dialer, settings_, server_, ctx);
    if (!listener) return fail(std::move(listener));
    listener_ = std::move(*listener);
    return {};
  }
  auto connected = open_passive(control_, dialer, settings_, server_, command_, ctx);
  if (!connected) return fail(std::move(connected));
  data_ = std::move(*connected);
  return {};
}

// We are the client of the data channel's TLS in active mode too (RFC 4217 7).
Status Transfer::start_data_tls() {
  if (!protected_) return {};
  auto tls = tls::Stream::for_data(control_.tls_context(), std::move(data_), control_.host(),
                                   control_.session_keeper());
  if (!tls) return fail(std::move(tls));
  data_tls_ = tls->get();
  data_ = std::move(*tls);
  return {};
}

Status Transfer::accept_data() {
  auto stream = listener_->try_accept();
  if (!stream) return fail(std::move(stream));
  if (!*stream) return {};
  data_ = std::move(*stream);
  listener_.reset();
  return start_data_tls();
}

Status Transfer::start(const OpContext& ctx) {
  if (auto ok = control_.send_in_one_record(std::exchange(ahead_, {}), command_, ctx); !ok) return ok;
  if (data_) {
    if (auto ok = start_data_tls(); !ok) return ok;
  }
  bool shaken = !protected_;
  for (;;) {
    if (listener_) {
      if (auto ok = accept_data(); !ok) return ok;
    }
    if (!shaken && data_tls_ != nullptr) {
      auto done = advance_handshake();
      if (!done) return data_failed(std::move(done).error(), ctx);
      shaken = *done;
    }
    if (auto ok = advance_reply(); !ok) return ok;
    if (final_ && final_->refused()) return data_failed({}, ctx);
    // A final reply without a preliminary one: there is nothing to transfer and nobody on the data channel.
    if (final_ && !accepted_) {
      data_.reset();
      listener_.reset();
      closed_cleanly_ = true;
    }
    if (!listener_ && (!data_ || (shaken && accepted_))) break;
    if (auto ok = wait_for_any(!shaken, ctx); !ok) return ok;
  }
  if (data_tls_ != nullptr && data_) note_resumption();
  started_ = true;
  return {};
}

void Transfer::close_notify_early() {
  const auto kind = command_.kind();
  const bool downloads = kind == Command::Kind::retrieve || kind == Command::Kind::list;
  closed_early_ = downloads && server_.takes_early_close_notify();
  if (closed_early_) (void)data_tls_->try_close_notify();
}

Result<bool> Transfer::advance_handshake() {
  auto step = data_tls_->try_handshake();
  if (!step) return fail(std::move(step));
  handshake_wants_ = step->state;
  if (step->state != IoState::done) return false;
  tls_description_ = data_tls_->description();
  close_notify_early();
  return true;
}

Status Transfer::advance_reply() {
  while (!final_) {
    auto reply = control_.try_reply();
    if (!reply) return fail(std::move(reply));
    if (!*reply) return {};
    if (inquiry_ != nullptr) {
      if (auto ok = take_answer(std::move(**reply)); !ok) return ok;
    } else if ((*reply)->preliminary()) {
      accepted_ = true;
    } else {
      final_ = std::move(**reply);
    }
  }
  return {};
}

Status Transfer::wait_for_any(bool shaking_hands, const OpContext& ctx) {
  std::array<net::Interest, 2> interests{};
  interests[0] = {.descriptor = final_ ? -1 : control_.stream().descriptor(), .read = true};
  if (listener_) {
    interests[1] = {.descriptor = listener_->descriptor(), .read = true};
  } else if (shaking_hands) {
    interests[1] = {.descriptor = data_->descriptor(),
                    .read = handshake_wants_ == IoState::want_read,
                    .write = handshake_wants_ == IoState::want_write};
  }
  auto ready = net::wait(interests, ctx, "opening the data channel");
  if (!ready && listener_ && ready.error().code == Errc::timed_out) ready.error().message += active_hint();
  return ready;
}

std::string Transfer::active_hint() const {
  return fmt::format(
      "; the server has to connect to this machine: a firewall or NAT in between may forbid that (passive "
      "mode needs no option; active_ports={}-{} and active_address= tell what is open)",
      settings_.active_ports.first, settings_.active_ports.last);
}

Result<std::size_t> Transfer::read(std::span<std::byte> out, const OpContext& ctx) {
  if (!data_) return 0;
  auto count =
      settings_.download_limit ? read_within_limit(out, ctx) : net::read_some(*data_, out, ctx, kReceiving);
  if (count) {
    if (*count == 0) closed_cleanly_ = data_tls_ == nullptr || data_tls_->closed_by_peer();
    return count;
  }
  const auto code = count.error().code;
  if (code == Errc::timed_out || code == Errc::cancelled) return count;
  if (closed_early_) server_.minds_early_close_notify = true;
  return data_failed(std::move(count).error(), ctx);
}

// Nothing of the budget is kept from others while this waits for the server.
Result<std::size_t> Transfer::read_within_limit(std::span<std::byte> out, const OpContext& ctx) {
  base::RateLimiter& limit = *settings_.download_limit;
  for (;;) {
    const auto allowed = limit.take(out.size(), ctx);
    if (!allowed) return allowed;
    auto step = data_->try_read(out.first(*allowed));
    const bool received = step && step->state == IoState::done;
    limit.give_back(received ? *allowed - step->bytes : *allowed);
    if (!step) return fail(std::move(step));
    if (received) return step->bytes;
    if (step->state == IoState::end_of_stream) return 0;
    if (auto ok = net::wait_for(*data_, step->state, ctx, kReceiving); !ok) return fail(std::move(ok));
  }
}

std::size_t Transfer::unread() const { return data_ && !end_expected_ ? net::bytes_waiting(*data_) : 0; }

Result<Reply> Transfer::finish_download(const OpContext& ctx) {
  if (data_) (void)data_->try_finish_writing();
  data_.reset();
  return final_reply(ctx);
}

Result<Reply> Transfer::final_reply(const OpContext& ctx) {
  while (!final_) {
    auto reply = control_.read_reply(ctx);
    if (!reply) return fail(std::move(reply));
    if (inquiry_ != nullptr) {
      if (auto ok = take_answer(std::move(*reply)); !ok) return fail(std::move(ok));
    } else if (!reply->preliminary()) {
      final_ = std::move(*reply);
    }
  }
  if (final_->completed()) return *final_;
  return refusal(*final_);
}

std::unexpected<Error> Transfer::refusal(const Reply& reply) const {
  Error error = classify(command_, reply).error;
  if (!protected_ && error.code == Errc::tls_not_resumed)
    error.code = Errc::unreachable;  // says the same of TCP
  if (protected_ && is_resumption_refusal(reply)) {
    server_.resumes_data_channels = true;
    error.code = Errc::tls_not_resumed;
    // A control session that was itself resumed may be what this server does not know again.
    control_.tls_context()->forget_control_session();
    error.message = fmt::format(
        "{} demands that a data channel resumes the control connection's TLS session, and {} ({}); try -o "
        "tls_max=1.2, and ftpsctl probe to learn more; on the server, vsftpd's require_ssl_reuse=NO or "
        "ProFTPD's TLSOptions NoSessionReuseRequired ends the demand",
        control_.host(),
        control_.session_keeper().has_session() ? "did not accept the one offered"
                                                : "gave none that could be offered",
        tls_description_.empty() ? "handshake unfinished" : tls_description_);
  } else if (settings_.active && reply.code == kCannotOpenDataConnection) {
    error.message += active_hint();
  }
  return std::unexpected(std::move(error));
}

// The data channel is lost, or the command refused. The control connection usually knows the better reason.
std::unexpected<Error> Transfer::data_failed(Error error, const OpContext& ctx) {
  const bool reason_can_come = error.code != Errc::tls_untrusted && error.code != Errc::cancelled;
  if (!final_ && reason_can_come) {
    data_.reset();
    data_tls_ = nullptr;
    listener_.reset();
    (void)final_reply(ctx.capped(kReasonTimeout));
  }
  if (!final_ || !final_->refused()) {
    data_.reset();
    return std::unexpected(std::move(error));
  }
  auto refused = refusal(*final_);
  data_.reset();
  return refused;
}

void Transfer::note_resumption() {
  logger().debug("data channel for {}: {}", command_.loggable(), tls_description_);
  if (data_tls_->resumed()) server_.resumes_data_channels = true;
  if (data_tls_->resumed() || !server_.first_unresumed_data_channel()) return;
  logger().info("this server's data channels do not resume the TLS session ({}); it does not insist on it",
                tls_description_);
}

// Without waiting: has the data channel ended? A reader that took exactly the file's size has not asked.
bool Transfer::at_end() {
  std::byte more{};
  const auto step = data_->try_read({&more, 1});
  return step && step->state == IoState::end_of_stream;
}

void Transfer::catch_up_after_cut() {
  if (server_.stops_by_waiting) return control_.catch_up_after_end();
  using EndOfCut = ControlConnection::EndOfCut;
  const auto known = server_.capabilities();
  const bool pure_ftpd = known && known->sizd_fact;
  control_.catch_up_after_cut(pure_ftpd ? EndOfCut::may_be_silent : EndOfCut::told);
}

void Transfer::abandon() {
  listener_.reset();
  if (!data_) return;
  const bool ended = started_ && at_end();
  if (ended || (started_ && end_expected_)) {
    (void)data_->try_finish_writing();
    if (!final_) control_.catch_up_after_end(ended ? nullptr : std::move(data_));
  } else {
    data_->reset();
    if (started_ && !final_) catch_up_after_cut();
  }
  data_.reset();
}

}  // namespace ftpsfs::ftp
