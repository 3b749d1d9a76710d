#include "ftp_remote_store.h"

#include <fmt/format.h>

#include <utility>

#include "ftp_remote_attempts.h"
#include "ftp_remote_leftovers.h"
#include "ftp_remote_rename.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/ftp/inspect.h"
#include "ftpsfs/ftp/refusal.h"

namespace ftpsfs::remote {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using ftp::Command;
using ftp::ServerKnowledge;
using ftp::Session;
using model::Attributes;
using model::FileType;
using model::RemotePath;

namespace {

// A new file of this size is uploaded about as fast as it would be renamed, so it goes up under its own name.
constexpr std::uint64_t kLargestUnderItsName = 256 << 10;

// STOR was refused for its name or place, so that another name or place may do.
bool is_about_name(Errc code) {
  switch (code) {
    case Errc::exists:
    case Errc::permission_denied:
    case Errc::not_permitted:
    case Errc::name_invalid:
    case Errc::name_too_long:
    case Errc::invalid_argument:
    case Errc::not_supported: return true;
    default: return false;
  }
}

Error about(const RemotePath& path, std::string_view problem, const Error& cause) {
  return {cause.code, fmt::format("{}: {}: {}", base::printable(path.str()), problem, cause.message),
          cause.server_reply};
}

bool is_about_room(Errc code) { return code == Errc::no_space || code == Errc::quota_exceeded; }

}  // namespace

StoreJob::StoreJob(TemporaryFiles& temporaries, Uploads uploads, bool may_be_link, const RemotePath& target,
                   const UploadContent& content, const StoreOptions& options)
    : temporaries_(temporaries),
      uploads_(uploads),
      target_(target),
      content_(content),
      options_(options),
      folder_(target.parent()),
      existing_(options.replaces),
      looked_(options.creates || (options.replaces && !may_be_link)) {}

Result<Stored> StoreJob::attempt(Session& session, const OpContext& ctx) {
  if (auto ok = session.server().check_new_name(target_); !ok) return fail(std::move(ok));
  if (stage_ != Stage::nothing) {
    auto settled = settle(session, ctx.with_time_limit(session.settings().data_timeout));
    if (!settled) return fail(std::move(settled));
    if (*settled) return std::move(**settled);
  }
  auto resumed = resume(session, ctx);
  if (!resumed) return fail(std::move(resumed));
  if (*resumed) return put_in_place(session, ctx);
  drop_temporary(session, ctx);
  for (const RemotePath& abandoned : temporaries_.take_abandoned(folder_))
    remove_temporary(session, temporaries_, abandoned, ctx);
  return start(session, ctx);
}

Result<Stored> StoreJob::start(Session& session, const OpContext& ctx) {
  auto way = choose(session, ctx);
  if (!way) return fail(std::move(way));
  if (*way != Way::temporary) return under_its_name(session, ctx);
  return by_temporary(session, ctx);
}

// ---- which way

Status StoreJob::look(Session& session, const OpContext& ctx) {
  if (looked_) return {};
  auto found = ftp::inspect(session, target_, ctx);
  if (!found && ftp::refused_every_look(session.server(), target_, found.error())) return {};
  if (!found && found.error().code != Errc::not_found) return fail(std::move(found));
  existing_ = found ? std::optional(std::move(*found)) : std::nullopt;
  looked_ = true;
  return {};
}

// What replaces the file would have other permissions than it, and nobody could change them.
bool StoreJob::would_lose_mode(const ServerKnowledge& server) const {
  const int usual = server.mode_of_new_files;
  return server.lacks_site_chmod && existing_ && existing_->mode && usual >= 0 &&
         static_cast<std::uint32_t>(usual) != *existing_->mode;
}

// What is overwritten in place keeps its permissions by itself.
std::optional<std::uint32_t> StoreJob::wanted_mode(const RemotePath& path) const {
  if (options_.mode || path == target_ || !existing_) return options_.mode;
  return existing_->mode;
}

// What is still being written must not show before its end.
Result<StoreJob::Way> StoreJob::in_place() const {
  if (content_.size) return Way::in_place;
  return fail(Errc::not_supported, "the file can only be overwritten in place");
}

Result<StoreJob::Way> StoreJob::choose(Session& session, const OpContext& ctx) {
  if (uploads_ == Uploads::in_place) return in_place();
  if (auto ok = look(session, ctx); !ok) return fail(std::move(ok));
  if (existing_ && existing_->type != FileType::file) {
    if (uploads_ == Uploads::automatic || existing_->type == FileType::directory) return in_place();
    return fail(
        Errc::not_permitted,
        fmt::format("{} is a symlink, and renaming a file over it would replace the link instead of what "
                    "it points to; with upload=auto the file is overwritten in place",
                    base::printable(target_.str())));
  }
  if (uploads_ == Uploads::atomic) return Way::temporary;

  const ServerKnowledge& server = session.server();
  // A temporary file that may be neither renamed nor removed would stay where each file is taken for a delivery.
  if (server.refuses_looks(folder_) || server.stores_in_place(folder_) || would_lose_mode(server))
    return in_place();
  const bool small = content_.size && *content_.size <= kLargestUnderItsName;
  return !existing_ && small && !half_target_ ? Way::under_its_name : Way::temporary;
}

// ---- STOR of the file itself

Result<Stored> StoreJob::under_its_name(Session& session, const OpContext& ctx) {
  ftp::UploadProgress progress;
  auto sent = send(session, target_, progress, ctx);
  sent_ = progress.sent;
  const bool is_new = looked_ && !existing_;
  if (is_new && progress.begun) half_target_ = true;
  if (!sent) {
    return std::unexpected(
        ftp::explain_refusal(session, Command::Kind::store, target_, std::move(sent).error(), ctx));
  }
  if (auto ok = equip(session, target_, ctx); !ok) return fail(std::move(ok));
  return finished(session.server());
}

// ---- a temporary name

Result<Stored> StoreJob::by_temporary(Session& session, const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  const bool with_dot = !server.refuses_dot_names;
  bool refused = false;
  Status sent = upload_beside(session, with_dot ? Temporary::upload : Temporary::plain_upload, refused, ctx);
  const bool may_pass = !sent && ftp::may_pass(sent.error());
  if (refused && session.reusable() && (with_dot || may_pass)) {
    refused = false;
    sent = upload_beside(session, Temporary::plain_upload, refused, ctx);
    if (sent && with_dot && !may_pass) server.refuses_dot_names = true;
  }
  if (!sent && refused) return fall_back(session, std::move(sent).error(), ctx);
  if (!sent) {
    return std::unexpected(
        ftp::explain_refusal(session, Command::Kind::store, target_, std::move(sent).error(), ctx));
  }
  return put_in_place(session, ctx);
}

// Uploads to a new temporary name and confirms it. `refused`: such a name will not do.
Status StoreJob::upload_beside(Session& session, Temporary kind, bool& refused, const OpContext& ctx) {
  auto name = temporaries_.make(kind, folder_);
  if (!name) {
    refused = true;
    return fail(std::move(name));
  }
  temporary_ = std::move(*name);
  stage_ = Stage::nothing;
  ftp::UploadProgress progress;
  auto sent = send(session, *temporary_, progress, ctx);
  note_progress(session, progress, sent);
  if (!sent) {
    resumable_ = is_lost_session(sent.error().code) ? progress.begun_to_send : 0;
    refused = !progress.begun && is_about_name(sent.error().code);
    if (!progress.begun) temporaries_.gone(*std::exchange(temporary_, std::nullopt));
    return sent;
  }
  return confirm(session, refused, ctx);
}

void StoreJob::note_progress(const Session& session, const ftp::UploadProgress& progress,
                             const Status& sent) {
  sent_ = progress.sent;
  // Without a final reply everything may have arrived; one that says otherwise is believed.
  if (!sent && progress.all_sent && !session.reusable()) stage_ = Stage::sent;
}

Status StoreJob::confirm(Session& session, bool& hidden, const OpContext& ctx) {
  auto equipped = equip(session, *temporary_, ctx);
  if (equipped) {
    stage_ = Stage::confirmed;
    return {};
  }
  hidden = equipped.error().code == Errc::not_found;
  if (session.reusable()) drop_temporary(session, ctx);
  return equipped;
}

// ---- into its place

Result<Stored> StoreJob::put_in_place(Session& session, const OpContext& context) {
  const OpContext ctx = context.with_time_limit(session.settings().data_timeout);
  ServerKnowledge& server = session.server();
  const auto& mode = stored_.attributes.mode;
  const bool loses_mode = existing_ && mode && wanted_mode(*temporary_) && !stored_.mode_set;
  if (loses_mode && uploads_ == Uploads::automatic) {
    return fall_back(
        session,
        {Errc::not_supported, "the server cannot give it the permissions of the file it replaces", {}}, ctx);
  }
  if (server.lacks_rename_over && existing_) return exchange(session, ctx);

  stage_ = Stage::renaming;
  auto replies = ask_to_rename(session, *temporary_, target_, ctx);
  if (!replies) return fail(std::move(replies));
  if (renamed(*replies)) return finished(server);
  stage_ = Stage::confirmed;
  Error error = refusal_of_rename(rename_commands(*temporary_, target_), *replies);
  const bool replaces_nothing = !(*replies)[0].refused() && may_be_for_the_target((*replies)[1], error.code);
  if (replaces_nothing) return exchange(session, ctx);
  return fall_back(session, std::move(error), ctx);
}

Result<Stored> StoreJob::exchange(Session& session, const OpContext& ctx) {
  exchange_.emplace(temporaries_, *temporary_, target_);
  stage_ = Stage::exchanging;
  return exchanged(session, exchange_->run(session, ctx), ctx);
}

Result<Stored> StoreJob::exchanged(Session& session, Result<std::optional<Error>> refused,
                                   const OpContext& ctx) {
  if (!refused) return std::unexpected(exchange_->explained(std::move(refused).error()));
  if (!*refused) return finished(session.server());
  stage_ = Stage::confirmed;
  return fall_back(session, std::move(**refused), ctx);
}

// ---- in place after all

Result<Stored> StoreJob::fall_back(Session& session, Error error, const OpContext& ctx) {
  if (!session.reusable()) return std::unexpected(std::move(error));
  drop_temporary(session, ctx);
  // What has no room beside the old content would have destroyed it before that showed.
  if (!content_.size || is_about_room(error.code)) return std::unexpected(std::move(error));
  if (uploads_ == Uploads::atomic) {
    error = about(target_,
                  "it cannot be replaced at once, and upload=atomic forbids to overwrite it in place", error);
    error.code = Errc::not_permitted;
    return std::unexpected(std::move(error));
  }
  const bool mode_only = error.code == Errc::not_supported && would_lose_mode(session.server());
  auto stored = under_its_name(session, ctx);
  if (!stored || mode_only) return stored;
  if (session.server().learn_stores_in_place(folder_)) {
    base::log("remote").warn("files in {} can only be overwritten in place (upload=atomic forbids that): {}",
                             base::printable(folder_.str()), error.describe());
  }
  return stored;
}

Stored StoreJob::finished(ServerKnowledge& server) {
  if (stored_.unseen && server.first_unseen_upload(folder_)) {
    base::log("remote").warn(
        "the server takes uploads to {} and refuses every look at them: its confirmation has to do, and a "
        "file "
        "there counts as absent unless this mount has uploaded it",
        base::printable(folder_.str()));
  }
  if (temporary_) temporaries_.gone(*std::exchange(temporary_, std::nullopt));
  half_target_ = false;
  stage_ = Stage::nothing;
  return std::move(stored_);
}

}  // namespace ftpsfs::remote
