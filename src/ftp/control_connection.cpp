#include "ftpsfs/ftp/control_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "clear_text_guard.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/net/blocking.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using net::IoState;

namespace {

constexpr int kPwdDone = 257;
constexpr int kServiceNotAvailable = 421;

// Two occur. A server that sends nothing else would keep us busy past every deadline without ever making us wait.
constexpr int kMostPreliminaryReplies = 32;

// Pure-FTPd may send four lines of leftovers before the barrier's own reply.
constexpr int kMostRepliesBehind = 10;
constexpr std::chrono::seconds kCatchUpTimeout{10};

// A file may have grown since its size was told; its reader does not want that.
constexpr std::size_t kMostBytesBehindTheEnd = 1 << 20;

// The cut transfer's own, and ABOR's.
constexpr std::size_t kRepliesToACut = 2;

// A server that wants TLS from the first byte waits for us as we wait for it.
constexpr const char* kSilentServerHint =
    " (it says nothing at all; if it wants TLS from the first byte, as on port 990, use ftps://)";
constexpr const char* kTlsServerHint =
    " (what it sent is no greeting; if it wants TLS from the first byte, as on port 990, use ftps://)";

// Behind a listing by STAT stands REST, and there the name of a file may pass for any reply: that is not the server's fault.
bool may_be_told_port(const Command& command) {
  constexpr std::array<std::string_view, 3> kVerbs{"EPSV", "PASV", "REST"};
  return std::ranges::any_of(kVerbs, [&](auto verb) { return command.wire().starts_with(verb); });
}

bool names_port(const Reply& reply) { return reply.code >= 227 && reply.code <= 229; }

bool is_unknown_abor(const Reply& reply) {
  return classify(Command::abor(), reply).error.code == Errc::not_supported;
}

spdlog::logger& logger() { return base::log("ftp"); }

}  // namespace

ControlConnection::ControlConnection(net::Connection connection, std::string host)
    : host_(std::move(host)),
      peer_(connection.peer),
      local_(connection.local),
      stream_(std::move(connection.stream)) {}

ControlConnection::~ControlConnection() = default;

Result<std::unique_ptr<ControlConnection>> ControlConnection::open(
    net::Dialer& dialer, const std::string& host, std::uint16_t port,
    std::shared_ptr<tls::Context> implicit_tls, const OpContext& ctx, tls::Resume resume, Auth auth) {
  auto connection = dialer.dial(host, port, ctx);
  if (!connection) return fail(std::move(connection));
  std::unique_ptr<ControlConnection> control(new ControlConnection(std::move(*connection), host));
  if (implicit_tls) {
    if (auto ok = control->secure(std::move(implicit_tls), ctx, resume); !ok) return fail(std::move(ok));
  }
  control->expect_reply();
  if (auth == Auth::ahead_of_greeting) {
    control->auth_ = auth;
    if (auto ok = control->send(Command::auth_tls(), ctx); !ok) return fail(std::move(ok));
  }
  if (auto ok = control->take_greeting(ctx); !ok) {
    const bool silent = ok.error().code == Errc::timed_out;
    if (silent && !control->encrypted()) ok.error().message += kSilentServerHint;
    if (!silent && control->speaks_tls()) ok.error().message += kTlsServerHint;
    return fail(std::move(ok));
  }
  return control;
}

Status ControlConnection::take_greeting(const OpContext& ctx) {
  do {
    auto reply = read_reply(ctx);
    if (!reply) return fail(std::move(reply));
    // A 120 announces that the server is not ready yet.
    greeting_ = std::move(*reply);
  } while (greeting_.preliminary());
  if (greeting_.completed()) return {};
  return fail(is_session_limit(greeting_) ? Errc::too_many_sessions : Errc::unreachable,
              fmt::format("{} turned the connection away", host_), greeting_.text());
}

Status ControlConnection::start_tls(std::shared_ptr<tls::Context> context, const OpContext& ctx,
                                    tls::Resume resume) {
  if (parser_.has_leftover()) {
    return break_off(
        {Errc::protocol_error,
         "plain text came behind the reply to AUTH: somebody may be tampering with the connection",
         {}});
  }
  return secure(std::move(context), ctx, resume);
}

Status ControlConnection::secure(std::shared_ptr<tls::Context> context, const OpContext& ctx,
                                 tls::Resume resume) {
  const auto kind =
      greeting_.code == 0 ? ClearTextGuard::Tls::implicit_tls : ClearTextGuard::Tls::explicit_tls;
  auto guard = std::make_unique<ClearTextGuard>(std::move(stream_), host_, kind);
  auto tls = tls::Stream::for_control(context, std::move(guard), host_, keeper_, resume);
  if (!tls) return break_off(std::move(tls).error());
  tls::Stream& secured = **tls;
  stream_ = std::move(*tls);
  tls_context_ = std::move(context);
  for (;;) {
    auto step = secured.try_handshake();
    if (!step) return break_off(std::move(step).error());
    if (step->state == IoState::done) break;
    if (auto ok = net::wait_for(secured, step->state, ctx, "shaking hands for TLS"); !ok) {
      // An offered session may have struck the server dumb.
      if (ok.error().code == Errc::timed_out) tls_context_->forget_control_session();
      return break_off(std::move(ok).error());
    }
  }
  tls_ = &secured;
  logger().debug("control connection to {}: {}", peer_.to_string(), secured.description());
  return {};
}

Status ControlConnection::send(const Command& command, const OpContext& ctx) {
  return send_in_one_record({}, command, ctx);
}

Status ControlConnection::send_in_one_record(std::span<const Command> first, const Command& last,
                                             const OpContext& ctx) {
  if (behind_ != Behind::nothing) {
    if (auto ok = catch_up(ctx); !ok) return ok;
  }
  if (broken_) return fail(Errc::connection_lost, "the control connection is no longer usable");
  std::string lines;
  for (const Command& command : first) {
    note_sent(command);
    lines += command.wire();
  }
  note_sent(last);
  // A password is not copied: nothing travels in front of it.
  std::string_view record = last.wire();
  if (!lines.empty()) record = lines += record;
  if (auto ok = net::write_all(*stream_, std::as_bytes(std::span(record)), ctx, "sending a command"); !ok)
    return break_off(std::move(ok).error());
  return {};
}

void ControlConnection::note_sent(const Command& command) {
  logger().trace("> {}", command.loggable());
  expect_reply(may_be_told_port(command));
}

Result<Reply> ControlConnection::read_reply(const OpContext& ctx) {
  for (;;) {
    auto reply = await_reply(ctx);
    if (!reply) return reply;
    auto counted = count(std::move(*reply));
    if (!counted) return fail(std::move(counted));
    if (*counted) return std::move(**counted);
  }
}

Result<Reply> ControlConnection::read_final_reply(const OpContext& ctx) {
  for (;;) {
    auto reply = read_reply(ctx);
    if (!reply || !reply->preliminary()) return reply;
  }
}

Result<Reply> ControlConnection::read_reply_with_lines(ReplyParser::LineSink lines,
                                                       const std::function<Status()>& meanwhile,
                                                       std::chrono::milliseconds patience,
                                                       const OpContext& ctx) {
  parser_.pass_lines_to(std::move(lines));
  for (;;) {
    auto reply = try_reply();
    if (reply && !*reply) {
      auto more = meanwhile();
      const OpContext patient = ctx.with_time_limit(patience);
      if (more) more = net::wait_for(*stream_, wanted_, patient, "receiving a listing");
      if (more) continue;
      reply = break_off(std::move(more).error());
    }
    parser_.pass_lines_to({});
    if (!reply) return fail(std::move(reply));
    return std::move(**reply);
  }
}

Result<std::optional<Reply>> ControlConnection::try_reply() {
  for (;;) {
    auto next = next_reply();
    if (!next || !*next) return next;
    auto counted = count(std::move(**next));
    if (!counted || *counted) return counted;
  }
}

void ControlConnection::expect_reply(bool may_name_port) {
  ++owed_;
  names_port_.push_back(may_name_port);
}

// It has sent something, a TLS alert as like as not, and no reply.
bool ControlConnection::speaks_tls() const {
  return !encrypted() && greeting_.code == 0 && parser_.has_leftover();
}

bool ControlConnection::ask_ahead(const Command& command) {
  return owed_ == 0 && behind_ == Behind::nothing && begin_ahead(command);
}

bool ControlConnection::ask_ahead_behind_end(const Command& command) {
  return behind_ == Behind::final_reply && begin_ahead(command);
}

bool ControlConnection::begin_ahead(const Command& command) {
  if (broken_ || ahead_ != Ahead::nothing) return false;
  expect_reply(may_be_told_port(command));
  ahead_ = Ahead::asked;
  broken_ = !try_send(command);
  return true;
}

Result<std::optional<Reply>> ControlConnection::try_take_answer_ahead() {
  const auto caught_up = try_catch_up();
  if (!caught_up) return std::unexpected(caught_up.error());
  if (!*caught_up) return std::nullopt;
  if (auto ok = look_for_answer_ahead(); !ok) return fail(std::move(ok));
  if (ahead_ != Ahead::answered) return std::nullopt;
  ahead_ = Ahead::nothing;
  return std::move(answer_ahead_);
}

Result<Reply> ControlConnection::take_answer_ahead(const OpContext& ctx) {
  for (;;) {
    auto answer = try_take_answer_ahead();
    if (!answer) return fail(std::move(answer));
    if (*answer) return std::move(**answer);
    auto interests = interests_behind();
    if (auto ok = net::wait(interests, ctx, "waiting for the server's reply"); !ok)
      return break_off(std::move(ok).error());
  }
}

Result<Reply> ControlConnection::exchange(const Command& command, const OpContext& ctx) {
  auto replies = exchange_batch({&command, 1}, ctx);
  if (!replies) return fail(std::move(replies));
  return std::move(replies->front());
}

Result<std::vector<Reply>> ControlConnection::exchange_batch(std::span<const Command> commands,
                                                             const OpContext& ctx) {
  for (const Command& command : commands) {
    if (auto ok = send(command, ctx); !ok) return fail(std::move(ok));
  }
  std::vector<Reply> replies;
  while (replies.size() < commands.size()) {
    auto reply = read_final_reply(ctx);
    if (!reply) return fail(std::move(reply));
    replies.push_back(std::move(*reply));
  }
  return replies;
}

void ControlConnection::catch_up_after_cut(EndOfCut transfer) {
  if (broken_) return;
  cut_ = transfer;
  broken_ = !try_send(Command::abor()) || !try_send(Command::pwd());
  begin_catch_up(Behind::barrier);
}

void ControlConnection::catch_up_after_end(std::unique_ptr<net::ByteStream> ending) {
  begin_catch_up(Behind::final_reply);
  ending_ = std::move(ending);
  dropped_ = 0;
}

void ControlConnection::begin_catch_up(Behind behind) {
  behind_ = behind;
  finals_behind_.clear();
  replies_behind_ = 0;
}

Status ControlConnection::catch_up(const OpContext& ctx) {
  const OpContext limited = ctx.capped(kCatchUpTimeout);
  for (;;) {
    const auto caught_up = try_catch_up();
    if (!caught_up) return std::unexpected(caught_up.error());
    if (*caught_up) return {};
    auto interests = interests_behind();
    auto ready = net::wait(interests, limited, "waiting for the end of a transfer");
    if (ready) continue;
    // It is the session that is lost, and not the caller's time, as long as he has some.
    Error& error = ready.error();
    if (error.code == Errc::timed_out && ctx.check("catching up")) error.code = Errc::connection_lost;
    return break_off(std::move(error));
  }
}

Result<bool> ControlConnection::try_catch_up() {
  if (broken_) return fail(Errc::connection_lost, "the control connection is no longer usable");
  while (behind_ != Behind::nothing) {
    auto reply = next_reply();
    if (!reply) return fail(std::move(reply));
    if (!*reply) {
      if (auto ok = drop_what_is_ending(); !ok) return fail(std::move(ok));
      return false;
    }
    if (auto done = take_reply_behind(std::move(**reply)); !done) return done;
  }
  return true;
}

std::array<net::Interest, 2> ControlConnection::interests_behind() const {
  return {{{.descriptor = stream_->descriptor(),
            .read = wanted_ == IoState::want_read,
            .write = wanted_ == IoState::want_write},
           {.descriptor = ending_ ? ending_->descriptor() : -1, .read = true}}};
}

bool ControlConnection::is_last_behind(const Reply& reply) const {
  if (behind_ == Behind::barrier) return reply.code == kPwdDone;
  return !reply.preliminary() && std::cmp_greater_equal(finals_behind_.size() + 1, owed_ - owed_ahead());
}

// Whether it was the last.
Result<bool> ControlConnection::take_reply_behind(Reply reply) {
  const bool done = is_last_behind(reply);
  const bool lost = reply.code == kServiceNotAvailable || ++replies_behind_ > kMostRepliesBehind ||
                    (done && behind_ == Behind::barrier && !barrier_holds(finals_behind_));
  if (lost)
    return break_off({Errc::connection_lost, "the server did not come back into step after a transfer", {}});
  if (!done) {
    if (!reply.preliminary()) finals_behind_.push_back(std::move(reply));
    return false;
  }
  owed_ = owed_ahead();
  while (std::cmp_greater(names_port_.size(), owed_)) names_port_.pop_front();
  behind_ = Behind::nothing;
  ending_.reset();
  return true;
}

Status ControlConnection::drop_what_is_ending() {
  std::array<std::byte, 16384> unwanted;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  while (ending_) {
    const auto step = ending_->try_read(unwanted);
    if (step && step->state == IoState::want_read) return {};
    if (!step || step->state != IoState::done) {
      ending_.reset();
    } else if ((dropped_ += step->bytes) > kMostBytesBehindTheEnd) {
      return break_off({Errc::connection_lost, "the server sends more of a file than it has", {}});
    }
  }
  return {};
}

// The 257 has come, and these before it. A single one may be the transfer's or ABOR's: a failure is the transfer's,
// except "no such command", and a success can be either, so that nothing is learnt from it.
bool ControlConnection::barrier_holds(std::span<const Reply> finals) {
  if (finals.size() >= kRepliesToACut) return true;
  if (cut_ == EndOfCut::may_be_silent && !finals.empty()) return true;
  if (finals.empty() || (finals.front().refused() && !is_unknown_abor(finals.front()))) {
    logger().info("{} answers out of order; from now on its transfers are stopped without ABOR", host_);
    answers_out_of_order_ = true;
  }
  return false;
}

bool ControlConnection::still_quiet() {
  if (broken_) return false;
  if (behind_ != Behind::nothing) return true;
  if (!look_for_answer_ahead()) return false;
  if (ahead_ == Ahead::asked) return true;
  std::array<std::byte, 512> unasked{};
  const auto step = stream_->try_read(unasked);
  const bool quiet = step && step->state == IoState::want_read && !parser_.has_leftover();
  broken_ = !quiet;
  return quiet;
}

Status ControlConnection::look_for_answer_ahead() {
  while (ahead_ == Ahead::asked) {
    auto next = next_reply();
    if (!next) return fail(std::move(next));
    if (!*next) return {};
    if (auto counted = count(std::move(**next)); !counted) return fail(std::move(counted));
  }
  return {};
}

std::optional<tls::HandshakeInfo> ControlConnection::tls_info() const {
  return tls_ != nullptr ? std::optional(tls_->info()) : std::nullopt;
}

void ControlConnection::quit() {
  if (broken_ || owed_ > owed_ahead()) return;
  broken_ = true;
  if (try_send(Command::quit())) (void)stream_->try_finish_writing();
}

bool ControlConnection::try_send(const Command& command) {
  logger().trace("> {}", command.loggable());
  const auto line = std::as_bytes(std::span(command.wire()));
  const auto step = stream_->try_write(line);
  return step && step->state == IoState::done && step->bytes == line.size();
}

Result<std::optional<Reply>> ControlConnection::next_reply() {
  for (;;) {
    auto parsed = parser_.next();
    if (!parsed) return break_off(std::move(parsed).error());
    if (*parsed) {
      logger().trace("< {}", base::printable((*parsed)->text(), 4096));
      return parsed;
    }
    std::array<std::byte, 16384> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
    auto step = stream_->try_read(bytes);
    if (!step) return break_off(std::move(step).error());
    switch (step->state) {
      case IoState::done:
        parser_.feed(
            {reinterpret_cast<const char*>(bytes.data()), step->bytes});  // NOLINT: bytes are characters
        break;
      case IoState::end_of_stream:
        return break_off({Errc::connection_lost, "the server closed the control connection", {}});
      case IoState::want_read:
      case IoState::want_write: wanted_ = step->state; return std::nullopt;
    }
  }
}

Result<Reply> ControlConnection::await_reply(const OpContext& ctx) {
  for (;;) {
    auto reply = next_reply();
    if (!reply) return fail(std::move(reply));
    if (*reply) return std::move(**reply);
    if (auto ok = net::wait_for(*stream_, wanted_, ctx, "waiting for the server's reply"); !ok) {
      return fail(std::move(ok));
    }
  }
}

Result<std::optional<Reply>> ControlConnection::count(Reply reply) {
  if (reply.code == kServiceNotAvailable) broken_ = true;
  if (owed_ == 0) {
    return break_off({Errc::connection_lost, "the server spoke without having been asked", reply.text()});
  }
  if (reply.preliminary()) {
    if (++preliminary_in_a_row_ > kMostPreliminaryReplies) {
      return break_off(
          {Errc::protocol_error, "the server sends one preliminary reply after the other", reply.text()});
    }
    if (ahead_ == Ahead::asked) return std::nullopt;
    return reply;
  }
  if (auto ok = check_order(reply); !ok) return fail(std::move(ok));
  --owed_;
  names_port_.pop_front();
  preliminary_in_a_row_ = 0;
  if (ahead_ != Ahead::asked) return reply;
  ahead_ = Ahead::answered;
  answer_ahead_ = std::move(reply);
  return std::nullopt;
}

// A reply that can only be another command's.
Status ControlConnection::check_order(const Reply& reply) {
  const bool ahead = ahead_ == Ahead::asked;
  if (ahead && reply.code == kServiceNotAvailable)
    return break_off({Errc::connection_lost, "the server closed the control connection", reply.text()});
  const bool misplaced_port = names_port(reply) && !names_port_.front();
  const bool lacks_port = ahead && names_port_.front() && reply.completed() && !names_port(reply);
  if (!misplaced_port && !lacks_port && !(ahead && reply.intermediate())) return {};
  return out_of_order(reply);
}

std::unexpected<Error> ControlConnection::out_of_order(const Reply& reply) {
  logger().info("{} answers out of order; from now on it gets one command at a time", host_);
  answers_out_of_order_ = true;
  return break_off({Errc::connection_lost, "the server answered its commands out of order", reply.text()});
}

std::unexpected<Error> ControlConnection::break_off(Error error) {
  broken_ = true;
  return std::unexpected(std::move(error));
}

}  // namespace ftpsfs::ftp
