#include "ftp_remote_download.h"

#include <fmt/format.h>

#include <utility>

#include "ftp_remote_attempts.h"
#include "ftpsfs/ftp/inspect.h"
#include "ftpsfs/ftp/refusal.h"

namespace ftpsfs::remote {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;
using base::Status;

namespace {

// A download that starts over after every chunk helps nobody: it may run this long before it is taken back.
constexpr std::chrono::milliseconds kShortestTurn{250};

// Whether the session of a failed download must not be used again, though its replies may be in step: it is suspected
// dead, or its TLS session is no longer accepted.
bool is_of_no_further_use(Errc code) { return code == Errc::timed_out || code == Errc::tls_not_resumed; }

}  // namespace

LentTransfer::~LentTransfer() { end(false); }

LentTransfer::Parts LentTransfer::take() {
  if (const auto unread = parts_.transfer ? parts_.transfer->unread() : 0; unread > 0) {
    counters_->fetched(unread);
    counters_->unused(unread);
  }
  return {std::move(parts_.lease), std::move(parts_.transfer)};
}

bool LentTransfer::lend_back() {
  Parts ending;
  const MutexLock lock(mutex_);
  if (borrowed_ || !parts_.transfer) return false;
  if (turn_begun_ && std::chrono::steady_clock::now() - *turn_begun_ < kShortestTurn) return false;
  ending = take();
  return true;
}

ftp::Transfer* LentTransfer::borrow() {
  const MutexLock lock(mutex_);
  borrowed_ = parts_.transfer != nullptr;
  if (!turn_begun_) turn_begun_ = std::chrono::steady_clock::now();
  return parts_.transfer.get();
}

void LentTransfer::give_back() {
  const MutexLock lock(mutex_);
  borrowed_ = false;
}

void LentTransfer::start(pool::Lease lease, std::unique_ptr<ftp::Transfer> transfer, Turn turn) {
  const MutexLock lock(mutex_);
  parts_ = {std::move(lease), std::move(transfer)};
  turn_begun_.reset();
  if (turn == Turn::begins_now) turn_begun_ = std::chrono::steady_clock::now();
}

void LentTransfer::end(bool suspect) {
  Parts ending;
  const MutexLock lock(mutex_);
  ending = take();
  borrowed_ = false;
  if (suspect && ending.lease) ending.lease.session().give_up();
}

FtpDownload::FtpDownload(pool::SessionPool& pool, model::RemotePath path, std::uint64_t offset,
                         std::optional<model::FileVersion> expected, std::shared_ptr<FetchCounters> counters)
    : pool_(pool),
      counters_(std::move(counters)),
      path_(std::move(path)),
      offset_(offset),
      version_(std::move(expected)),
      lent_(std::make_shared<LentTransfer>(counters_)) {
  pool_.register_lender(lent_);
}

Status FtpDownload::open(const OpContext& ctx) {
  return on_lease(pool_, pool::Purpose::transfer, ctx,
                  [&](pool::Lease& lease) { return start_on(lease, ctx); });
}

Result<model::Attributes> FtpDownload::open_any_version(pool::Lease lease, const OpContext& ctx) {
  ftp::Session& session = lease.session();
  ftp::Inquiry inquiry{.questions = ftp::file_questions(session.server(), path_), .answers = {}};
  if (inquiry.questions.empty()) return fail(Errc::not_supported, "the server tells no versions");
  auto transfer = session.transfer(ftp::Command::retr(path_), ctx, std::nullopt, &inquiry);
  if (!transfer) return fail(std::move(transfer));
  const auto told = ftp::file_answers(session.server(), inquiry.questions, inquiry.answers);
  if (!told || told->type != model::FileType::file || !told->size)
    return fail(Errc::not_supported, "the server's answers do not tell the version");
  version_ = model::FileVersion::of(*told);
  if (version_->size == 0) (*transfer)->expect_end();  // nobody will read it
  lent_->start(std::move(lease), std::move(*transfer), LentTransfer::Turn::begins_with_first_read);
  return *told;
}

Status FtpDownload::start_on(pool::Lease& lease, const OpContext& ctx) {
  ftp::Session& session = lease.session();
  if (version_ && offset_ < version_->size) {
    auto transfer = start_checked(session, ctx);
    if (!transfer) return fail(std::move(transfer));
    if (*transfer) {
      lent_->start(std::move(lease), std::move(*transfer));
      return {};
    }
  }
  if (auto ok = check_version(session, ctx); !ok) return ok;
  if (version_ && offset_ >= version_->size) {
    // Servers differ in what they answer to a RETR behind the end: an empty file, 550 or 554.
    ended_ = true;
    return {};
  }
  auto transfer = retrieve(session, nullptr, ctx);
  if (!transfer) return fail(std::move(transfer));
  lent_->start(std::move(lease), std::move(*transfer));
  return {};
}

// The question for the version travels with the RETR. Null, and nothing begun, where it got no answer that tells.
Result<std::unique_ptr<ftp::Transfer>> FtpDownload::start_checked(ftp::Session& session,
                                                                  const OpContext& ctx) {
  ftp::Inquiry inquiry{.questions = ftp::file_questions(session.server(), path_), .answers = {}};
  if (inquiry.questions.empty()) return nullptr;
  auto transfer = retrieve(session, &inquiry, ctx);
  if (inquiry.answers.size() < inquiry.questions.size()) return transfer;  // it has failed before
  const auto told = ftp::file_answers(session.server(), inquiry.questions, inquiry.answers);
  if (!told && transfer) return nullptr;
  if (!told) return transfer;
  if (auto ok = judge(*told); !ok) return fail(std::move(ok));
  return transfer;
}

Result<std::unique_ptr<ftp::Transfer>> FtpDownload::retrieve(ftp::Session& session, ftp::Inquiry* inquiry,
                                                             const OpContext& ctx) {
  const auto restart_at = offset_ > 0 ? std::optional(offset_) : std::nullopt;
  auto transfer = session.transfer(ftp::Command::retr(path_), ctx, restart_at, inquiry);
  if (transfer) return transfer;
  return std::unexpected(
      ftp::explain_refusal(session, ftp::Command::Kind::retrieve, path_, std::move(transfer).error(), ctx));
}

Status FtpDownload::check_version(ftp::Session& session, const OpContext& ctx) {
  if (!version_ && offset_ == 0) return {};
  auto attributes = ftp::inspect_file(session, path_, ctx);
  if (!attributes) return fail(std::move(attributes));
  if (!version_) version_ = model::FileVersion::of(*attributes);
  return judge(*attributes);
}

Status FtpDownload::judge(const model::Attributes& attributes) const {
  if (version_->may_equal(model::FileVersion::of(attributes))) return {};
  return fail(Errc::stale, fmt::format("{} has changed on the server while it was being read",
                                       base::printable(path_.str())));
}

Result<std::size_t> FtpDownload::read(std::span<std::byte> out, const OpContext& ctx) {
  if (ended_ || out.empty()) return 0;
  for (int attempt = 1;; ++attempt) {
    auto transfer = borrow(ctx);
    if (!transfer) return fail(std::move(transfer));  // has been tried again already
    if (*transfer == nullptr) return 0;
    auto count = read_from(**transfer, out, ctx);
    if (count || !is_lost_session(count.error().code)) return count;
    if (attempt >= most_attempts(count.error().code)) return count;
  }
}

Result<ftp::Transfer*> FtpDownload::borrow(const OpContext& ctx) {
  ftp::Transfer* transfer = lent_->borrow();
  while (transfer == nullptr) {
    if (auto ok = open(ctx); !ok) return fail(std::move(ok));
    if (ended_) return nullptr;
    transfer = lent_->borrow();
  }
  return transfer;
}

Result<std::size_t> FtpDownload::read_from(ftp::Transfer& transfer, std::span<std::byte> out,
                                           const OpContext& ctx) {
  auto count = transfer.read(out, ctx);
  if (count && *count > 0) {
    offset_ += *count;
    counters_->fetched(*count);
    if (version_ && offset_ == version_->size) transfer.expect_end();
    lent_->give_back();
    return count;
  }
  if (count) return finish(transfer, ctx);
  if (count.error().code == Errc::cancelled) {
    lent_->give_back();  // nothing is lost: the next read goes on here
  } else {
    lent_->end(is_of_no_further_use(count.error().code));
  }
  return count;
}

Result<std::size_t> FtpDownload::finish(ftp::Transfer& transfer, const OpContext& ctx) {
  auto reply = transfer.finish_download(ctx);
  const bool clean = transfer.closed_cleanly();
  lent_->end(!reply && is_of_no_further_use(reply.error().code));
  const bool complete = version_ && offset_ == version_->size;
  // All bytes and an orderly end are here; that the control connection died before its 226 changes nothing.
  if (!reply && !(complete && clean && is_lost_session(reply.error().code))) return fail(std::move(reply));
  if (version_ && !complete) {
    return fail(Errc::stale, fmt::format("{} ended at byte {} instead of {}", base::printable(path_.str()),
                                         offset_, version_->size));
  }
  ended_ = true;
  return 0;
}

}  // namespace ftpsfs::remote
