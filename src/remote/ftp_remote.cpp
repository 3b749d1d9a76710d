#include "ftpsfs/remote/ftp_remote.h"

#include <fmt/format.h>

#include <utility>

#include "ftp_remote_append.h"
#include "ftp_remote_attempts.h"
#include "ftp_remote_download.h"
#include "ftp_remote_leftovers.h"
#include "ftp_remote_names.h"
#include "ftp_remote_rename.h"
#include "ftp_remote_store.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/inspect.h"
#include "ftpsfs/ftp/refusal.h"
#include "ftpsfs/ftp/set_attributes.h"
#include "ftpsfs/ftp/space.h"
#include "temporary_files.h"
#include "unseen_uploads.h"

namespace ftpsfs::remote {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using ftp::Command;
using model::Attributes;
using model::FileType;
using model::RemotePath;
using pool::Lease;
using pool::Purpose;

namespace {

// A change that is tried again when its session got lost. `already_done` tells, from the error of a repetition, whether
// an earlier try had worked after all and only its reply was lost.
class RepeatableChange {
 public:
  template <class AlreadyDone>
  Status settle(Error error, AlreadyDone&& already_done) {
    const bool repeated = std::exchange(tried_, true);
    if (repeated && already_done(error.code)) return {};
    return std::unexpected(std::move(error));
  }

 private:
  bool tried_ = false;
};

// "Cannot do this" and "no such file" look alike on some servers, and a missing file matters more.
Status unless_missing(Status status, ftp::Session& session, const RemotePath& path, const OpContext& ctx) {
  if (status || !session.reusable()) return status;
  const Errc code = status.error().code;
  const bool doubtful =
      code == Errc::not_supported || code == Errc::permission_denied || code == Errc::is_a_directory;
  if (!doubtful) return status;
  auto found = ftp::inspect(session, path, ctx);
  return found || found.error().code != Errc::not_found ? std::move(status) : fail(std::move(found));
}

// The caller has waited long enough, or has been told to stop: this gets a moment of its own.
template <class Job>
void clean_up(pool::SessionPool& pool, Job& job, const OpContext& ctx) {
  constexpr std::chrono::seconds kPatience{5};
  constexpr std::chrono::seconds kPatienceAfterStop{2};
  const auto cleanup = OpContext::for_cleanup(ctx.stop.stop_requested() ? kPatienceAfterStop : kPatience);
  if (auto lease = pool.acquire(Purpose::command, cleanup)) job.clean_up(lease->session(), cleanup);
}

}  // namespace

FtpRemote::FtpRemote(pool::SessionPool& pool, RemotePath root, FtpRemoteOptions options)
    : pool_(pool),
      root_(std::move(root)),
      options_(std::move(options)),
      temporaries_(std::make_unique<TemporaryFiles>()),
      unseen_(std::make_unique<UnseenUploads>()) {}

FtpRemote::~FtpRemote() = default;

// What stands for `answer` where the server refuses every look at `path`.
Result<Attributes> FtpRemote::or_unseen(Result<Attributes> answer, const ftp::ServerKnowledge& server,
                                        const RemotePath& path) const {
  if (answer || !ftp::refused_every_look(server, path, answer.error())) return answer;
  if (auto ours = unseen_->find(path)) return std::move(*ours);
  return fail(
      Errc::not_found,
      fmt::format("{} does not exist as far as the server tells, which refuses every look into its folder",
                  base::printable(path.str())),
      answer.error().server_reply);
}

Result<Attributes> FtpRemote::stat(const RemotePath& path, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) {
    ftp::Session& session = lease.session();
    return or_unseen(look_at(session, *target, ctx), session.server(), *target);
  });
}

Result<Attributes> FtpRemote::refresh_file(const RemotePath& path, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) {
    ftp::Session& session = lease.session();
    return or_unseen(ftp::inspect_file(session, *target, ctx), session.server(), *target);
  });
}

// With a data channel that waits for its use, RETR travels with the question and costs no round trip of its own.
Result<OpenedFile> FtpRemote::open_file(const RemotePath& path, const OpContext& ctx) {
  auto target = on_server(path);
  if (!target) return fail(std::move(target));
  if (auto lease = pool_.acquire_ready()) {
    auto download = std::make_unique<FtpDownload>(pool_, *target, 0, std::nullopt, options_.counters);
    auto attributes = download->open_any_version(std::move(lease), ctx);
    if (attributes) return OpenedFile{std::move(*attributes), std::move(download)};
    if (auto ok = ctx.check("opening a file"); !ok) return fail(std::move(ok));
    base::log("remote").debug("asked without the content: {}", attributes.error().describe());
  }
  return RemoteFs::open_file(path, ctx);
}

Result<Attributes> FtpRemote::refresh_absent(const RemotePath& path, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) {
    ftp::Session& session = lease.session();
    auto found = ftp::inspect_absent(session, *target, ctx);
    // What there is, is told by the one who knows of hidden and followed symlinks.
    const bool nothing = !found && found.error().code == Errc::not_found;
    if (!nothing || session.server().refuses_looks(target->parent())) found = look_at(session, *target, ctx);
    return or_unseen(std::move(found), session.server(), *target);
  });
}

Result<model::Listing> FtpRemote::list(const RemotePath& directory, const OpContext& ctx) {
  const auto target = on_server(directory);
  if (!target) return std::unexpected(target.error());
  // A listing is short and somebody waits for it in a shell, so it does not queue behind transfers.
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) -> Result<model::Listing> {
    const TemporaryFiles::Listing listing(*temporaries_);
    auto entries = ftp::read_directory(lease.session(), *target, ctx);
    if (!entries) return entries;
    listing.hide_own(*entries, *target);
    if (auto ok = follow(lease.session(), *entries, *target, ctx); !ok) return fail(std::move(ok));
    if (!options_.read_only) remove_left_over(lease.session(), *temporaries_, *entries, *target, ctx);
    return shown(std::move(*entries), *target);
  });
}

Result<std::unique_ptr<ByteSource>> FtpRemote::open_read(const RemotePath& path, std::uint64_t offset,
                                                         const std::optional<model::FileVersion>& expected,
                                                         const OpContext& ctx) {
  auto target = on_server(path);
  if (!target) return fail(std::move(target));
  auto download =
      std::make_unique<FtpDownload>(pool_, std::move(*target), offset, expected, options_.counters);
  if (auto ok = download->open(ctx); !ok) return fail(std::move(ok));
  return download;
}

Result<Stored> FtpRemote::store(const RemotePath& path, const UploadContent& content,
                                const StoreOptions& options, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  const bool may_be_link = options_.symlinks == Symlinks::follow;
  StoreJob job(*temporaries_, options_.uploads, may_be_link, *target, content, options);
  auto stored = on_lease(pool_, Purpose::transfer, ctx,
                         [&](Lease& lease) { return job.attempt(lease.session(), ctx); });
  if (stored && stored->unseen) {
    unseen_->put(*target, stored->attributes);
  } else {
    unseen_->drop(*target);
  }
  if (stored || !job.left_something()) return stored;
  clean_up(pool_, job, ctx);
  if (job.left_something()) job.give_up();
  return stored;
}

Result<std::optional<Stored>> FtpRemote::append(const RemotePath& path, const model::FileVersion& base,
                                                const UploadContent& content, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  // An append to an empty file is its first upload.
  if (options_.uploads == Uploads::atomic || base.size == 0) return std::nullopt;
  AppendJob job(*target, base, content);
  return on_lease(pool_, Purpose::transfer, ctx,
                  [&](Lease& lease) { return job.attempt(lease.session(), ctx); });
}

Status FtpRemote::remove_file(const RemotePath& path, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  RepeatableChange change;
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) -> Status {
    auto reply = remove_file_on(lease.session(), *target, ctx);
    if (reply) {
      unseen_->drop(*target);
      return {};
    }
    return change.settle(
        ftp::explain_refusal(lease.session(), Command::Kind::remove, *target, std::move(reply).error(), ctx),
        [](Errc code) { return code == Errc::not_found; });
  });
}

Status FtpRemote::make_directory(const RemotePath& path, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  RepeatableChange change;
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) -> Status {
    auto reply = make_directory_on(lease.session(), *target, ctx);
    if (reply) return {};
    return change.settle(ftp::explain_refusal(lease.session(), Command::Kind::make_dir, *target,
                                              std::move(reply).error(), ctx),
                         [&](Errc code) {
                           if (code != Errc::exists) return false;
                           const auto found = ftp::inspect(lease.session(), *target, ctx);
                           return found && found->type == FileType::directory;
                         });
  });
}

Status FtpRemote::remove_directory(const RemotePath& path, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  RepeatableChange change;
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) -> Status {
    auto reply = lease.session().perform(Command::rmd(*target), ctx);
    if (reply) return {};
    return change.settle(ftp::explain_refusal(lease.session(), Command::Kind::remove_dir, *target,
                                              std::move(reply).error(), ctx),
                         [](Errc code) { return code == Errc::not_found; });
  });
}

Status FtpRemote::rename(const RemotePath& from, const RemotePath& to, const OpContext& ctx) {
  const auto source = on_server(from);
  if (!source) return std::unexpected(source.error());
  const auto target = on_server(to);
  if (!target) return std::unexpected(target.error());
  RepeatableChange change;
  Exchange exchange(*temporaries_, *source, *target);
  auto renamed = on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) -> Status {
    auto done = rename_on(lease.session(), exchange, *source, *target, ctx);
    if (done) {
      unseen_->drop(*target);
      unseen_->move(*source, *target);
      return done;
    }
    return change.settle(std::move(done).error(), [&](Errc code) {
      return code == Errc::not_found && ftp::inspect(lease.session(), *target, ctx).has_value();
    });
  });
  if (renamed || !exchange.left_something()) return renamed;
  clean_up(pool_, exchange, ctx);
  renamed = std::unexpected(exchange.explained(std::move(renamed).error()));
  exchange.give_up();
  return renamed;
}

Status FtpRemote::set_modified(const RemotePath& path, base::SystemTime modified, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) {
    ftp::Session& session = lease.session();
    auto done = unless_missing(ftp::set_modified(session, *target, modified, ctx), session, *target, ctx);
    if (done) unseen_->set_modified(*target, modified);
    return done;
  });
}

Status FtpRemote::set_mode(const RemotePath& path, std::uint32_t mode, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) {
    ftp::Session& session = lease.session();
    auto done = unless_missing(ftp::set_mode(session, *target, mode, ctx), session, *target, ctx);
    if (done) unseen_->set_mode(*target, mode);
    return done;
  });
}

Result<std::string> FtpRemote::read_link(const RemotePath& path, const OpContext& ctx) {
  const auto target = on_server(path);
  if (!target) return std::unexpected(target.error());
  auto link_target = on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) {
    return ftp::read_link_target(lease.session(), *target, ctx);
  });
  if (!link_target) return link_target;
  return shown_target(*link_target, *target);
}

Status FtpRemote::warm_up(const OpContext& ctx) { return pool_.warm_up(ctx); }

Result<std::optional<Space>> FtpRemote::space(const OpContext& ctx) {
  return on_lease(pool_, Purpose::command, ctx, [&](Lease& lease) -> Result<std::optional<Space>> {
    const auto told = ftp::ask_space(lease.session(), root_, ctx);
    if (!told) return std::unexpected(told.error());
    if (!*told) return std::nullopt;
    const std::uint64_t available = (*told)->available;
    return Space{.total = (*told)->total.value_or(available), .available = available};
  });
}

}  // namespace ftpsfs::remote
