#include "ftpsfs/ftp/upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/inspect.h"
#include "ftpsfs/ftp/refusal.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::Attributes;
using model::RemotePath;

namespace {

constexpr std::size_t kWriteSize = 128 << 10;

// Each piece has the data time-out for itself. A limited one must be short, or slowness would look like silence.
std::size_t longest_piece(const DataChannelSettings& settings) {
  return settings.upload_limit ? std::min(kWriteSize, settings.upload_limit->most_at_once()) : kWriteSize;
}

std::size_t piece_at(std::uint64_t offset, std::optional<std::uint64_t> size, std::size_t longest) {
  return size ? static_cast<std::size_t>(std::min<std::uint64_t>(*size - offset, longest)) : longest;
}

Status send_all(Transfer& transfer, std::optional<std::uint64_t> size, const ReadAt& read_at,
                UploadProgress& progress, const SessionSettings& settings, const OpContext& ctx) {
  const auto longest = longest_piece(settings.data);
  std::vector<std::byte> buffer(piece_at(progress.sent, size, longest));
  for (;;) {
    const auto wanted = std::span(buffer).first(piece_at(progress.sent, size, longest));
    if (size && wanted.empty()) return {};
    const auto count = read_at(progress.sent, wanted, ctx);
    if (!count) return std::unexpected(count.error());
    if (*count == 0 && !size) return {};
    if (*count == 0) return fail(Errc::internal, "the content ended before its size");
    progress.begun_to_send = progress.sent + *count;
    const auto patience = ctx.with_time_limit(settings.data_timeout);
    if (auto ok = transfer.write(wanted.first(*count), patience); !ok) return ok;
    progress.sent += *count;
  }
}

// Servers open the file, and empty it, before they shake hands on the data channel, some before they accept it.
bool is_about_data_channel(Errc code) {
  return code == Errc::connection_lost || code == Errc::tls_not_resumed || code == Errc::busy;
}

// Out of order, what sounded like a refusal may have been another command's.
Status judge(const Session& session, Result<Reply> reply, Status answered) {
  if (!answered && (reply || session.answers_out_of_order())) return answered;
  return reply ? Status{} : fail(std::move(reply));
}

Status finish(Transfer& transfer, Session& session, Inquiry* behind, const OpContext& ctx) {
  const SessionSettings& settings = session.settings();
  auto reply = transfer.finish_upload(ctx.with_time_limit(settings.data_timeout),
                                      ctx.with_time_limit(settings.final_reply_timeout), behind);
  auto answered = transfer.take_answers_behind(ctx.with_time_limit(settings.data_timeout));
  auto sent = judge(session, std::move(reply), std::move(answered));
  if (!sent && behind != nullptr) behind->answers.clear();
  return sent;
}

}  // namespace

Status send_file(Session& session, const RemotePath& path, std::optional<std::uint64_t> size,
                 const ReadAt& read_at, UploadProgress& progress, const OpContext& ctx,
                 const InquiryBehind& behind) {
  auto transfer = session.transfer(progress.sent > 0 ? Command::appe(path) : Command::stor(path), ctx);
  if (!transfer) {
    progress.begun = !session.reusable() || is_about_data_channel(transfer.error().code);
    return fail(std::move(transfer));
  }
  progress.begun = true;
  if (auto ok = send_all(**transfer, size, read_at, progress, session.settings(), ctx); !ok) return ok;
  progress.all_sent = true;
  return finish(**transfer, session, behind ? behind() : nullptr, ctx);
}

Status check_stored_size(const Attributes& stored, std::uint64_t size, const RemotePath& path) {
  if (stored.size == size) return {};
  return fail(
      Errc::protocol_error,
      fmt::format("the server confirmed the upload of {} but has {} of {} bytes", base::printable(path.str()),
                  stored.size ? fmt::to_string(*stored.size) : "an unknown number", size));
}

Result<Attributes> upload(Session& session, const RemotePath& path, std::uint64_t size, const ReadAt& read_at,
                          const OpContext& ctx) {
  if (auto ok = session.server().check_new_name(path); !ok) return fail(std::move(ok));
  UploadProgress progress;
  if (auto ok = send_file(session, path, size, read_at, progress, ctx); !ok) {
    return std::unexpected(explain_refusal(session, Command::Kind::store, path, std::move(ok).error(), ctx));
  }
  auto stored = inspect_file(session, path, ctx.with_time_limit(session.settings().data_timeout));
  if (!stored) return stored;
  if (auto ok = check_stored_size(*stored, size, path); !ok) return fail(std::move(ok));
  return stored;
}

}  // namespace ftpsfs::ftp
