#include "data_trial.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "ftpsfs/ftp/active.h"
#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/net/blocking.h"
#include "ftpsfs/tls/stream.h"
#include "words.h"

namespace ftpsfs::probe {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using ftp::Command;
using ftp::ControlConnection;
using ftp::Reply;
using net::IoState;

namespace {

// How long a server that broke a data channel gets to say why.
constexpr std::chrono::seconds kReasonTimeout{3};

Result<std::uint16_t> ask_for_port(Lab& lab, ControlConnection& control, const Command& data_command) {
  if (lab.server.needs_pret) {
    auto reply = control.exchange(Command::pret(data_command), lab.step());
    if (!reply) return fail(std::move(reply));
  }
  if (!lab.server.lacks_epsv) {
    auto reply = control.exchange(Command::epsv(), lab.step());
    if (!reply) return fail(std::move(reply));
    if (const auto port = ftp::parse_epsv_port(*reply)) return *port;
  }
  auto reply = control.exchange(Command::pasv(), lab.step());
  if (!reply) return fail(std::move(reply));
  if (const auto passive = ftp::parse_pasv(*reply)) return passive->port;
  return fail(Errc::not_supported, "the server names no passive port", reply->text());
}

// The state of one trial.
class Run {
 public:
  Run(Lab& lab, ControlConnection& control, const Command& command, const DataTrial& trial)
      : lab_(lab), control_(control), command_(command), trial_(trial) {}

  DataOutcome take() {
    if (auto ok = perform(); !ok) explain(std::move(ok).error());
    if (data_) data_->reset();
    data_.reset();
    if (command_sent_ && !out_.reply) control_.give_up();
    return std::move(out_);
  }

 private:
  Status perform() {
    if (auto ok = open_port(); !ok) return ok;
    for (const Command& command : trial_.before) {
      auto reply = control_.exchange(command, lab_.step());
      if (!reply) return fail(std::move(reply));
      out_.before = std::move(*reply);
      if (!out_.before->intermediate()) {
        return fail(Errc::not_supported, command.loggable() + " was refused", out_.before->text());
      }
    }
    if (trial_.shake_hands_first) {
      if (auto ok = shake_hands_early(); !ok) return ok;
    }
    if (auto ok = control_.send(command_, lab_.step()); !ok) return ok;
    command_sent_ = true;
    if (auto ok = make_tls(); !ok) return ok;
    if (auto ok = open_channel(); !ok) return ok;
    if (auto ok = read_all(); !ok) return ok;
    return final_reply(lab_.step());
  }

  Status open_port() {
    if (lab_.settings().login.data.active) return listen();
    auto port = ask_for_port(lab_, control_, command_);
    if (!port) return fail(std::move(port));
    auto connection = lab_.dialer().dial_beside(control_.peer(), control_.local(), *port, lab_.step());
    if (!connection) return fail(std::move(connection));
    data_ = std::move(connection->stream);
    return {};
  }

  Status listen() {
    auto listener =
        ftp::offer_active(control_, lab_.dialer(), lab_.settings().login.data, lab_.server, lab_.step());
    if (!listener) return fail(std::move(listener));
    listener_ = std::move(*listener);
    return {};
  }

  Status accept() {
    if (data_ || !listener_) return {};
    auto stream = listener_->try_accept();
    if (!stream) return fail(std::move(stream));
    if (!*stream) return {};
    data_ = std::move(*stream);
    return make_tls();
  }

  Status make_tls() {
    if (!lab_.wants_data_tls() || tls_ != nullptr || !data_) return {};
    const auto resume = trial_.offer_session ? tls::Resume::offer : tls::Resume::never;
    auto stream = tls::Stream::for_data(control_.tls_context(), std::move(data_), control_.host(),
                                        control_.session_keeper(), resume);
    if (!stream) return fail(std::move(stream));
    tls_ = stream->get();
    data_ = std::move(*stream);
    return {};
  }

  Status shake_hands_early() {
    if (auto ok = make_tls(); !ok || tls_ == nullptr) return ok;
    const OpContext patience = lab_.context().capped(lab_.settings().early_handshake_wait);
    for (;;) {
      auto done = advance_handshake();
      if (!done) return fail(std::move(done));
      if (*done) break;
      const auto ready = net::wait_for(*data_, handshake_wants_, patience, "shaking hands");
      if (!ready && ready.error().code == Errc::timed_out) return lab_.context().check("shaking hands");
      if (!ready) return ready;
    }
    out_.early_handshake = true;
    return {};
  }

  Result<bool> advance_handshake() {
    if (!data_) return false;  // the server is still to connect
    if (tls_ == nullptr || out_.tls) return true;
    auto step = tls_->try_handshake();
    if (!step) return fail(std::move(step));
    handshake_wants_ = step->state;
    if (step->state != IoState::done) return false;
    out_.tls = tls_->info();
    return true;
  }

  // Handshake and reply side by side, in whatever order the server moves them.
  Status open_channel() {
    const OpContext limited = lab_.step();
    for (;;) {
      if (auto ok = accept(); !ok) return ok;
      auto shaken = advance_handshake();
      if (!shaken) return fail(std::move(shaken));
      if (auto ok = take_replies(); !ok) return ok;
      if (out_.reply && (out_.reply->refused() || !accepted_)) return {};
      if (*shaken && accepted_) return {};
      std::array<net::Interest, 2> interests{};
      interests[0] = {.descriptor = out_.reply ? -1 : control_.stream().descriptor(), .read = true};
      if (!data_) {
        interests[1] = {.descriptor = listener_->descriptor(), .read = true};
      } else {
        interests[1] = {.descriptor = *shaken ? -1 : data_->descriptor(),
                        .read = handshake_wants_ == IoState::want_read,
                        .write = handshake_wants_ == IoState::want_write};
      }
      if (auto ok = net::wait(interests, limited, "opening the data channel"); !ok) return ok;
    }
  }

  Status take_replies() {
    while (!out_.reply) {
      auto reply = control_.try_reply();
      if (!reply) return fail(std::move(reply));
      if (!*reply) return {};
      take(std::move(**reply));
    }
    return {};
  }

  void take(Reply&& reply) {
    if (reply.preliminary()) {
      accepted_ = true;
    } else {
      out_.reply = std::move(reply);
    }
  }

  Status read_all() {
    if (!accepted_ || (out_.reply && out_.reply->refused())) return {};
    std::array<std::byte, 16384> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
    for (;;) {
      auto count = net::read_some(*data_, bytes, lab_.step(), "receiving data");
      if (!count) return fail(std::move(count));
      if (*count == 0) break;
      out_.bytes += *count;
      const auto room = trial_.keep - out_.data.size();
      out_.data.append(reinterpret_cast<const char*>(bytes.data()), std::min(*count, room));
    }
    out_.ended_in_order = tls_ == nullptr || tls_->closed_by_peer();
    (void)data_->try_finish_writing();
    data_.reset();
    tls_ = nullptr;
    return {};
  }

  Status final_reply(const OpContext& ctx) {
    while (!out_.reply) {
      auto reply = control_.read_reply(ctx);
      if (!reply) return fail(std::move(reply));
      take(std::move(*reply));
    }
    if (!out_.reply->refused()) return {};
    return std::unexpected(ftp::classify(command_, *out_.reply).error);
  }

  // A broken data channel's reason is in the reply that follows.
  void explain(Error error) {
    const bool unsafe = error.code == Errc::tls_untrusted || error.code == Errc::cancelled;
    if (command_sent_ && !out_.reply && !unsafe) {
      if (data_) data_->reset();
      data_.reset();
      if (auto refused = final_reply(lab_.context().capped(kReasonTimeout)); !refused && out_.reply) {
        error = std::move(refused).error();
      }
    }
    out_.session_demanded = out_.reply && ftp::is_resumption_refusal(*out_.reply);
    out_.error = std::move(error);
  }

  Lab& lab_;
  ControlConnection& control_;
  const Command& command_;
  const DataTrial& trial_;
  DataOutcome out_;
  std::unique_ptr<net::Listener> listener_;  // in active mode
  std::unique_ptr<net::ByteStream> data_;
  tls::Stream* tls_ = nullptr;  // the same object, when it is encrypted
  IoState handshake_wants_ = IoState::want_write;
  bool command_sent_ = false;
  bool accepted_ = false;
};

}  // namespace

std::string reason_of(const DataOutcome& outcome) {
  if (outcome.before && outcome.before->refused()) return quoted(*outcome.before);
  if (outcome.reply && outcome.reply->refused()) return quoted(*outcome.reply);
  return outcome.error ? because(*outcome.error) : std::string("no final reply came");
}

DataOutcome try_data(Lab& lab, ControlConnection& control, const Command& command, const DataTrial& trial) {
  return Run(lab, control, command, trial).take();
}

}  // namespace ftpsfs::probe
