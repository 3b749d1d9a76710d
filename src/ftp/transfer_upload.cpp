// The part of Transfer that sends data, ends an upload, and has questions answered behind it.

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

#include "ftpsfs/ftp/transfer.h"
#include "ftpsfs/net/blocking.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using net::IoState;

namespace {

// How long the server gets to end its side of an upload's data channel. IIS never does.
constexpr std::chrono::seconds kDrainTimeout{2};

// No question is answered so, and every upload that succeeds on a server that may be asked behind the data.
constexpr int kTransferComplete = 226;

}  // namespace

Status Transfer::write(std::span<const std::byte> data, const OpContext& ctx) {
  if (!data_ && !data.empty()) {
    return fail(Errc::protocol_error,
                fmt::format("the server ended {} before it took any data", command_.loggable()),
                final_ ? final_->text() : std::string());
  }
  return settings_.upload_limit ? write_within_limit(data, ctx) : send(data, ctx);
}

// What has been taken is kept until the socket has it: TLS wants a write repeated with the same bytes.
Status Transfer::write_within_limit(std::span<const std::byte> data, const OpContext& ctx) {
  base::RateLimiter& limit = *settings_.upload_limit;
  while (!data.empty()) {
    const auto allowed = limit.take(data.size(), ctx);
    if (!allowed) return std::unexpected(allowed.error());
    auto unsent = data.first(*allowed);
    auto sent = send(unsent, ctx);
    limit.give_back(unsent.size());
    if (!sent) return sent;
    data = data.subspan(*allowed);
  }
  return {};
}

// `unsent` is left with what the data channel has not taken.
Status Transfer::send(std::span<const std::byte>& unsent, const OpContext& ctx) {
  while (!unsent.empty()) {
    auto step = data_->try_write(unsent);
    if (!step) return data_failed(std::move(step).error(), ctx);
    if (step->state == IoState::done) {
      unsent = unsent.subspan(step->bytes);
      continue;
    }
    // Reading goes on beside, for tickets and key updates, and to notice a server that gives up.
    net::Interest interest{.descriptor = data_->descriptor(), .read = true, .write = true};
    if (auto ok = net::wait({&interest, 1}, ctx, "sending data"); !ok) return ok;
    std::array<std::byte, 4096> ignored;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    auto heard = data_->try_read(ignored);
    if (!heard) return data_failed(std::move(heard).error(), ctx);
    if (heard->state == IoState::end_of_stream) {
      return data_failed({Errc::connection_lost, "the server closed the data channel during the upload", {}},
                         ctx);
    }
  }
  return {};
}

Status Transfer::end_data(const OpContext& ctx) {
  for (;;) {
    auto step = data_->try_finish_writing();
    if (!step) return data_failed(std::move(step).error(), ctx);
    if (step->state == IoState::done) return {};
    if (auto ok = net::wait_for(*data_, step->state, ctx, "ending the upload"); !ok) return ok;
  }
}

Result<Reply> Transfer::finish_upload(const OpContext& ctx, const OpContext& reply_ctx, Inquiry* behind) {
  if (data_) {
    if (auto ok = end_data(ctx); !ok) return fail(std::move(ok));
    if (auto ok = ask_behind(behind, ctx); !ok) return fail(std::move(ok));
    if (auto ok = drain(ctx); !ok) return fail(std::move(ok));
    data_.reset();
  }
  auto reply = final_reply(reply_ctx);
  if (reply && behind_ != nullptr && reply->code != kTransferComplete) {
    behind_ = nullptr;
    return fail(out_of_order(*reply));
  }
  return reply;
}

Status Transfer::ask_behind(Inquiry* behind, const OpContext& ctx) {
  if (behind == nullptr || behind->questions.empty() || !server_.takes_commands_behind_data()) return {};
  for (const Command& question : behind->questions) {
    if (auto ok = control_.send(question, ctx); !ok) return ok;
  }
  behind_ = behind;
  return {};
}

Status Transfer::take_answers_behind(const OpContext& ctx) {
  while (behind_ != nullptr && final_) {
    auto answer = control_.read_reply(ctx);
    if (!answer) return fail(std::move(answer));
    if (answer->preliminary() || answer->code == kTransferComplete) return out_of_order(*answer);
    behind_->answers.push_back(std::move(*answer));
    if (behind_->answers.size() == behind_->questions.size()) behind_ = nullptr;
  }
  return {};
}

Status Transfer::drain(const OpContext& ctx) {
  std::array<std::byte, 4096> ignored;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const OpContext limited = ctx.capped(kDrainTimeout);
  for (;;) {
    const auto count =
        net::read_some(*data_, ignored, limited, "waiting for the server to end the data channel");
    if (count && *count > 0) continue;
    if (!count && count.error().code == Errc::cancelled) return fail(Errc::cancelled, count.error().message);
    return {};
  }
}

}  // namespace ftpsfs::ftp
