// The part of StoreJob that lets an upload whose session was lost go on behind what the server has of it.
//
// With APPE to the temporary name, never with REST and STOR (Pure-FTPd can lose the file by that). The old session's
// server process may still be at work, a buffer behind. It writes the right bytes to their right places, being a STOR: at
// worst the file has grown before an APPE adds to it, and then the size in the end is too large, which is looked at in any
// case. An upload by APPE would write its late bytes to the end instead, perhaps after all was confirmed; so one that has
// been resumed is not resumed again. A server that crashed may have kept the size and not the bytes: the last ones are
// read back. That is also what waits for the old process where files are locked (vsftpd).

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "ftp_remote_attempts.h"
#include "ftp_remote_store.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"

namespace ftpsfs::remote {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using ftp::Command;
using ftp::Session;

namespace {

// Below, an upload that begins again is about as fast.
constexpr std::uint64_t kWorthResuming = 1 << 20;
constexpr std::size_t kReadBack = 64 << 10;
constexpr std::chrono::seconds kPatience{10};  // with a lock, or a look

Result<std::vector<std::byte>> read_piece(const UploadContent& content, std::uint64_t offset,
                                          std::size_t size, const OpContext& ctx) {
  std::vector<std::byte> bytes(size);
  for (std::size_t done = 0; done < size;) {
    const auto count = content.read_at(offset + done, std::span(bytes).subspan(done), ctx);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return fail(Errc::internal, "the content ended before its size");
    done += *count;
  }
  return bytes;
}

// Up to `most` bytes from `offset` to the end.
Result<std::vector<std::byte>> download_rest(Session& session, const model::RemotePath& path,
                                             std::uint64_t offset, std::size_t most, const OpContext& ctx) {
  auto transfer = session.transfer(Command::retr(path), ctx, offset);
  if (!transfer) return fail(std::move(transfer));
  std::vector<std::byte> bytes(most);
  std::size_t done = 0;
  while (done < most) {
    const auto count = (*transfer)->read(std::span(bytes).subspan(done), ctx);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) break;
    done += *count;
  }
  bytes.resize(done);
  if (done == most) return bytes;
  if (auto reply = (*transfer)->finish_download(ctx); !reply) return fail(std::move(reply));
  return bytes;
}

}  // namespace

Result<bool> StoreJob::ends_alike(Session& session, std::uint64_t size, const OpContext& ctx) {
  const auto ours = read_piece(content_, size - kReadBack, kReadBack, ctx);
  if (!ours) return std::unexpected(ours.error());
  const auto theirs = download_rest(session, *temporary_, size - kReadBack, kReadBack + 1, ctx);
  if (theirs) return *ours == *theirs;
  // REST may linger behind a download that failed, and would shift the next upload.
  session.give_up();
  if (theirs.error().code == Errc::cancelled) return std::unexpected(theirs.error());
  return fail(Errc::connection_lost, theirs.error().message, theirs.error().server_reply);
}

// How many of the first `most` bytes are in the temporary file, and nothing else; 0 where that is not worth the while.
Result<std::uint64_t> StoreJob::certainly_there(Session& session, std::uint64_t most, const OpContext& ctx) {
  if (!temporary_ || most < kWorthResuming || session.server().lacks_appe) return 0;
  const OpContext limited = ctx.capped(kPatience);
  const auto size = size_of(session, *temporary_, limited);
  if (!size && is_lost_session(size.error().code)) return std::unexpected(size.error());
  if (!size || !*size || **size < kWorthResuming || **size > most) return 0;
  const auto alike = ends_alike(session, **size, limited);
  if (!alike) return std::unexpected(alike.error());
  return *alike ? **size : 0;
}

// True: the temporary file is complete and confirmed. False: the upload has to begin again.
Result<bool> StoreJob::resume(Session& session, const OpContext& ctx) {
  auto there = certainly_there(session, std::exchange(resumable_, 0), ctx);
  if (!there) return fail(std::move(there));
  if (*there == 0) return false;
  base::log("remote").info("the upload of {} goes on at byte {}", base::printable(target_.str()), *there);
  ftp::UploadProgress progress{.sent = *there};
  auto sent = send(session, *temporary_, progress, ctx);
  note_progress(session, progress, sent);
  bool hidden = false;
  if (sent) sent = confirm(session, hidden, ctx);
  if (sent) return true;
  const bool refused = !progress.begun && session.reusable();
  const bool wrong_size = progress.all_sent && sent.error().code == Errc::protocol_error;
  // ProFTPD's "451 Append/Restart not permitted, try again" does not pass either.
  const bool for_good = sent.error().code == Errc::not_permitted || !ftp::may_pass(sent.error());
  if (wrong_size || (refused && for_good)) session.server().lacks_appe = true;
  if (session.reusable() && (refused || wrong_size)) return false;
  return fail(std::move(sent));
}

}  // namespace ftpsfs::remote
