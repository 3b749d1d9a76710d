#include "ftp_remote_exchange.h"

#include <fmt/format.h>

#include <span>
#include <utility>

#include "ftp_remote_leftovers.h"
#include "ftp_remote_rename.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/ftp/inspect.h"

namespace ftpsfs::remote {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using ftp::Session;
using model::RemotePath;

namespace {

Result<bool> is_there(Session& session, const RemotePath& path, const OpContext& ctx) {
  auto found = ftp::inspect(session, path, ctx);
  if (!found && found.error().code != Errc::not_found) return fail(std::move(found));
  return found.has_value();
}

}  // namespace

Exchange::Exchange(TemporaryFiles& temporaries, RemotePath from, RemotePath to)
    : temporaries_(temporaries), from_(std::move(from)), to_(std::move(to)) {}

Result<std::optional<Error>> Exchange::run(Session& session, const OpContext& ctx) {
  const bool dots = !session.server().refuses_dot_names;
  const Temporary kind = dots ? Temporary::old : Temporary::plain_old;
  auto refused = run_with(kind, session, ctx);
  if (!refused || !*refused) return refused;
  if (dots && name_refused_) return run_with(Temporary::plain_old, session, ctx);
  return ftp::may_pass(**refused) ? run_with(kind, session, ctx) : std::move(refused);
}

Result<std::optional<Error>> Exchange::run_with(Temporary kind, Session& session, const OpContext& ctx) {
  auto aside = temporaries_.make(kind, to_.parent());
  if (!aside) return std::move(aside).error();
  old_ = std::move(*aside);
  auto commands = rename_commands(to_, *old_);
  for (ftp::Command& command : rename_commands(from_, to_)) commands.push_back(std::move(command));
  const auto asked = session.ask(commands, ctx);
  if (!asked) return std::unexpected(asked.error());
  const std::span replies(*asked);
  const bool away = renamed(replies.first(2));
  name_refused_ = !away && !replies[0].refused();
  if (renamed(replies.last(2))) {
    if (away && !session.server().lacks_rename_over.exchange(true)) {
      base::log("remote").info(
          "this server's renames do not replace: a file steps aside for a moment when it is replaced");
    }
    if (!away) forget_old();
    finish(session, ctx);
    return std::nullopt;
  }
  Error error = refusal_of_rename(std::span(commands).last(2), replies.last(2));
  // Also where it is said not to be away: a server may refuse and act all the same.
  if (auto back = put_back(session, ctx); !back) return fail(std::move(back));
  if (old_) return std::unexpected(std::move(error));
  return error;
}

Result<std::optional<Error>> Exchange::resume(Session& session, const OpContext& ctx) {
  // The old file may have stepped aside already.
  auto replies = ask_to_rename(session, from_, to_, ctx);
  if (!replies) return fail(std::move(replies));
  if (renamed(*replies)) {
    finish(session, ctx);
    return std::nullopt;
  }
  if (auto back = put_back(session, ctx); !back) return fail(std::move(back));
  if (old_) return std::unexpected(refusal_of_rename(rename_commands(from_, to_), *replies));
  return run(session, ctx);
}

Result<bool> Exchange::has_happened(Session& session, const OpContext& ctx) const {
  const auto source = is_there(session, from_, ctx);
  if (!source) return std::unexpected(source.error());
  return *source ? Result<bool>(false) : is_there(session, to_, ctx);
}

void Exchange::finish(Session& session, const OpContext& ctx) {
  if (old_) remove_temporary(session, temporaries_, *std::exchange(old_, std::nullopt), ctx);
}

Status Exchange::put_back(Session& session, const OpContext& ctx) {
  if (!old_) return {};
  auto replies = ask_to_rename(session, *old_, to_, ctx);
  if (!replies) return fail(std::move(replies));
  if (renamed(*replies)) {
    forget_old();
  } else if ((*replies)[0].refused()) {
    // Not found: it has never stepped aside.
    const Error error = refusal_of_rename(rename_commands(*old_, to_), *replies);
    if (error.code == Errc::not_found) forget_old();
  }
  return {};
}

void Exchange::clean_up(Session& session, const OpContext& ctx) {
  if (!old_) return;
  const auto done = has_happened(session, ctx);
  if (!done) return;
  if (*done) {
    finish(session, ctx);
  } else {
    (void)put_back(session, ctx);
  }
}

void Exchange::give_up() {
  if (!old_) return;
  base::log("remote").error("the old content of {} is in {}", base::printable(to_.str()),
                            base::printable(old_->str()));
  forget_old();
}

Error Exchange::explained(Error cause) const {
  if (!old_) return cause;
  cause.message = fmt::format("{}: its old content is in {} now: {}", base::printable(to_.str()),
                              base::printable(old_->str()), cause.message);
  return cause;
}

void Exchange::forget_old() { temporaries_.gone(*std::exchange(old_, std::nullopt)); }

}  // namespace ftpsfs::remote
