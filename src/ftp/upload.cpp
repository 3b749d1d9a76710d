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

Status send_all(Transfer& transfer, std::uint64_t size, const ReadAt& read_at,
                std::chrono::milliseconds patience, const OpContext& ctx) {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(size, kWriteSize)));
  for (std::uint64_t offset = 0; offset < size;) {
    const auto chunk = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(size - offset, buffer.size())));
    if (auto ok = read_at(offset, chunk); !ok) return ok;
    if (auto ok = transfer.write(chunk, ctx.with_time_limit(patience)); !ok) return ok;
    offset += chunk.size();
  }
  return {};
}

Status send_file(Session& session, const RemotePath& path, std::uint64_t size, const ReadAt& read_at,
                 const OpContext& ctx) {
  auto transfer = session.transfer(Command::stor(path), ctx);
  if (!transfer) return fail(std::move(transfer));
  const SessionSettings& settings = session.settings();
  if (auto ok = send_all(**transfer, size, read_at, settings.data_timeout, ctx); !ok) return ok;
  auto reply = (*transfer)->finish_upload(ctx.with_time_limit(settings.data_timeout),
                                          ctx.with_time_limit(settings.final_reply_timeout));
  return reply ? Status{} : fail(std::move(reply));
}

Result<Attributes> confirm(Session& session, const RemotePath& path, std::uint64_t size,
                           const OpContext& ctx) {
  auto stored = inspect_file(session, path, ctx);
  if (!stored) return stored;
  if (stored->size == size) return stored;
  return fail(
      Errc::protocol_error,
      fmt::format("the server confirmed the upload of {} but has {} of {} bytes", base::printable(path.str()),
                  stored->size ? fmt::to_string(*stored->size) : "an unknown number", size));
}

}  // namespace

Result<Attributes> upload(Session& session, const RemotePath& path, std::uint64_t size, const ReadAt& read_at,
                          const OpContext& ctx) {
  if (auto ok = session.server().check_new_name(path); !ok) return fail(std::move(ok));
  if (auto ok = send_file(session, path, size, read_at, ctx); !ok) {
    return std::unexpected(explain_refusal(session, Command::Kind::store, path, std::move(ok).error(), ctx));
  }
  return confirm(session, path, size, ctx.with_time_limit(session.settings().data_timeout));
}

}  // namespace ftpsfs::ftp
