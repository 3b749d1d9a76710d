#include "ftpsfs/ftp/ready_channel.h"

#include <array>
#include <chrono>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"
#include "passive.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using net::IoState;

ReadyChannel::ReadyChannel(ControlConnection& control, net::Dialer& dialer,
                           const DataChannelSettings& settings, ServerKnowledge& server)
    : control_(control), dialer_(dialer), settings_(settings), server_(server) {}

ReadyChannel::~ReadyChannel() = default;

void ReadyChannel::begin(base::SteadyTime now) {
  advance();
  if (stage_ != Stage::nothing || settings_.active) return;
  if (server_.no_ready_data || server_.needs_pret || server_.one_at_a_time) return;
  begun_at_ = now;
  const bool asked = server_.takes_commands_behind_data() &&
                     control_.ask_ahead_behind_end(first_passive_command(control_, settings_, server_));
  stage_ = asked ? Stage::asked : Stage::catching_up;
  advance();
}

void ReadyChannel::ask() {
  const bool asked = control_.ask_ahead(first_passive_command(control_, settings_, server_));
  stage_ = asked ? Stage::asked : Stage::nothing;
}

void ReadyChannel::advance() {
  if (stage_ == Stage::catching_up) {
    const auto caught_up = control_.try_catch_up();
    if (!caught_up) return drop();
    if (!*caught_up) return;
    ask();
  }
  if (stage_ == Stage::asked || stage_ == Stage::retiring) {
    auto answer = control_.try_take_answer_ahead();
    if (!answer) return drop();
    if (!*answer) return;
    if (stage_ == Stage::retiring) return drop();
    connect(**answer);
  }
  if (stage_ == Stage::connecting) advance_connection();
  if (stage_ == Stage::open && !still_open()) {
    fail_silently({Errc::connection_lost, "the server closed it", {}});
  }
}

void ReadyChannel::connect(const Reply& offer) {
  auto address = passive_address(control_, settings_, server_, offer);
  if (!address) return fail_silently(address.error());
  auto pending = dialer_.start_beside(*address, control_.local(), address->port());
  if (!pending) return fail_silently(pending.error());
  pending_ = std::move(*pending);
  stage_ = Stage::connecting;
}

void ReadyChannel::advance_connection() {
  auto stream = pending_->try_finish();
  if (!stream) return fail_silently(stream.error());
  if (!*stream) return;
  pending_.reset();
  stream_ = std::move(*stream);
  stage_ = Stage::open;
  base::log("ftp").debug("a data channel is ready");
}

// A server says nothing on a data channel before its command.
bool ReadyChannel::still_open() {
  std::byte unasked{};
  const auto step = stream_->try_read({&unasked, 1});
  return step && step->state == IoState::want_read;
}

void ReadyChannel::fail_silently(const Error& error) {
  base::log("ftp").debug("no data channel is ready: {}", error.describe());
  failed_ = true;
  drop();
}

void ReadyChannel::drop() {
  stage_ = Stage::nothing;
  pending_.reset();
  stream_.reset();
}

std::vector<net::Interest> ReadyChannel::interests() const {
  switch (stage_) {
    case Stage::nothing: break;
    case Stage::catching_up:
    case Stage::asked:
    case Stage::retiring: {
      const auto behind = control_.interests_behind();
      return {behind.begin(), behind.end()};
    }
    case Stage::connecting: return {{.descriptor = pending_->descriptor(), .write = true}};
    case Stage::open: return {{.descriptor = stream_->descriptor(), .read = true}};
  }
  return {};
}

std::optional<base::SteadyTime> ReadyChannel::begun_at() const {
  if (stage_ != Stage::connecting && stage_ != Stage::open) return std::nullopt;
  return begun_at_;
}

void ReadyChannel::retire() {
  if (stage_ != Stage::connecting && stage_ != Stage::open) return;
  if (!control_.ask_ahead(Command::abor())) return drop();
  pending_.reset();
  stage_ = Stage::retiring;
}

Result<std::unique_ptr<net::ByteStream>> ReadyChannel::take(const OpContext& ctx) {
  advance();
  if (stage_ == Stage::catching_up) drop();
  if (stage_ == Stage::asked) {
    auto answer = control_.take_answer_ahead(ctx);
    if (!answer) {
      drop();
      return fail(std::move(answer));
    }
    connect(*answer);
  }
  const OpContext patient = impatient_about_ports(ctx);
  while (stage_ == Stage::connecting) {
    net::Interest interest{.descriptor = pending_->descriptor(), .write = true};
    auto ready = net::wait({&interest, 1}, patient, "opening the data channel");
    if (!ready && ready.error().code == Errc::cancelled) return fail(std::move(ready));
    if (ready) {
      advance_connection();
    } else {
      fail_silently(ready.error());
    }
  }
  if (stage_ == Stage::open && !still_open())
    fail_silently({Errc::connection_lost, "the server closed it", {}});
  if (stage_ != Stage::open) return nullptr;
  stage_ = Stage::nothing;
  return std::move(stream_);
}

}  // namespace ftpsfs::ftp
