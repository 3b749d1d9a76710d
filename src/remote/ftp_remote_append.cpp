#include "ftp_remote_append.h"

#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/ftp/inspect.h"
#include "ftpsfs/ftp/refusal.h"
#include "ftpsfs/ftp/upload.h"

namespace ftpsfs::remote {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using ftp::Session;
using model::FileVersion;

Result<std::optional<Stored>> AppendJob::attempt(Session& session, const OpContext& ctx) {
  if (begun_) return confirm(session, ctx);
  if (session.server().lacks_appe) return std::nullopt;
  if (auto ok = check_base(session, ctx); !ok) return fail(std::move(ok));
  ftp::UploadProgress progress{.sent = base_.size};
  ftp::Inquiry looks;
  const auto behind = [&] {
    looks.questions = ftp::file_questions(session.server(), target_);
    return &looks;
  };
  auto sent = ftp::send_file(session, target_, content_.size, content_.read_at, progress, ctx, behind);
  begun_ = progress.begun;
  if (!sent) return refused(session, std::move(sent).error(), ctx);
  auto told = ftp::file_answers(session.server(), looks.questions, looks.answers);
  return told ? judged(std::move(*told)) : confirm(session, ctx);
}

Status AppendJob::check_base(Session& session, const OpContext& ctx) const {
  const auto found = ftp::inspect_file(session, target_, ctx);
  if (!found && found.error().code != Errc::not_found) return std::unexpected(found.error());
  if (found && found->size == base_.size && FileVersion::of(*found).may_equal(base_)) return {};
  return fail(Errc::stale, "the file was replaced on the server while it was open; open it again");
}

Result<std::optional<Stored>> AppendJob::refused(Session& session, Error error, const OpContext& ctx) const {
  if (!session.reusable() || error.code == Errc::no_space || error.code == Errc::quota_exceeded ||
      error.code == Errc::cancelled || error.code == Errc::timed_out) {
    return std::unexpected(
        ftp::explain_refusal(session, ftp::Command::Kind::store, target_, std::move(error), ctx));
  }
  base::log("remote").debug("{} takes a whole upload: {}", base::printable(target_.str()), error.describe());
  // ProFTPD's "451 Append/Restart not permitted, try again" does not pass either.
  if (!begun_ && (error.code == Errc::not_permitted || !ftp::may_pass(error)))
    session.server().lacks_appe = true;
  return std::nullopt;
}

Result<std::optional<Stored>> AppendJob::confirm(Session& session, const OpContext& context) const {
  const OpContext ctx = context.with_time_limit(session.settings().data_timeout);
  auto found = ftp::inspect_file(session, target_, ctx);
  if (!found && found.error().code == Errc::not_found) return std::nullopt;
  if (!found) return fail(std::move(found));
  return judged(std::move(*found));
}

// The size tells: nobody but us has added to it since it was looked at, or the time would tell as well.
std::optional<Stored> AppendJob::judged(model::Attributes found) const {
  if (found.size != content_.size) return std::nullopt;
  return Stored{.attributes = std::move(found)};
}

}  // namespace ftpsfs::remote
