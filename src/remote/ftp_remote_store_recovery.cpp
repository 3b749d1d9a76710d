// The part of StoreJob that finds out, after a lost session or a failure, what is on the server, and tidies up.

#include <fmt/format.h>

#include <utility>

#include "ftp_remote_leftovers.h"
#include "ftp_remote_store.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/inspect.h"

namespace ftpsfs::remote {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using ftp::Command;
using ftp::Session;
using model::RemotePath;

// ---- after a lost session

// nullopt: it is missing, or nobody may look.
Result<std::optional<std::uint64_t>> StoreJob::size_of(Session& session, const RemotePath& path,
                                                       const OpContext& ctx) {
  auto found = ftp::inspect_file(session, path, ctx);
  if (found) return found->size;
  if (found.error().code == Errc::not_found) return std::nullopt;
  if (ftp::refused_every_look(session.server(), path, found.error())) return std::nullopt;
  return fail(std::move(found));
}

// Finds out how far the lost session came, and goes on from there; nothing where all begins again.
Result<std::optional<Stored>> StoreJob::settle(Session& session, const OpContext& ctx) {
  const auto done = [](Result<Stored> stored) -> Result<std::optional<Stored>> {
    if (!stored) return fail(std::move(stored));
    return std::move(*stored);
  };
  auto beside = size_of(session, *temporary_, ctx);
  if (!beside) return fail(std::move(beside));
  if (*beside == sent_) {
    if (stage_ == Stage::sent) {
      if (auto ok = equip(session, *temporary_, ctx); !ok) return fail(std::move(ok));
      stage_ = Stage::confirmed;
    }
    if (stage_ == Stage::exchanging) return done(exchanged(session, exchange_->resume(session, ctx), ctx));
    return done(put_in_place(session, ctx));
  }
  if (stage_ == Stage::renaming || stage_ == Stage::exchanging) {
    auto there = size_of(session, target_, ctx);
    if (!there) return fail(std::move(there));
    if (!*beside && *there == sent_) {
      if (exchange_) exchange_->finish(session, ctx);
      return finished(session.server());
    }
    if (exchange_) {
      if (auto back = exchange_->put_back(session, ctx); !back) return fail(std::move(back));
      if (exchange_->left_something())
        return std::unexpected(exchange_->explained({Errc::busy, "it cannot have its name back", {}}));
    }
  }
  stage_ = Stage::nothing;
  return std::nullopt;
}

// ---- what is left

void StoreJob::drop_temporary(Session& session, const OpContext& ctx) {
  if (temporary_) remove_temporary(session, temporaries_, *std::exchange(temporary_, std::nullopt), ctx);
  stage_ = Stage::nothing;
}

void StoreJob::clean_up(Session& session, const OpContext& ctx) {
  if (exchange_) exchange_->clean_up(session, ctx);
  if (temporary_ && session.reusable()) drop_temporary(session, ctx);
  if (half_target_ && session.reusable()) {
    const auto size = size_of(session, target_, ctx);
    if (!size) return;
    // One that is whole after all may stay, and a larger one is not ours. Unseen, it may be half.
    const bool unseen = !*size && session.server().refuses_looks(folder_);
    const bool half = unseen || (*size && **size < content_.size.value_or(0));
    if (half && !session.perform(Command::dele(target_), ctx)) return;
    half_target_ = false;
  }
}

void StoreJob::give_up() {
  if (temporary_) temporaries_.abandon(*std::exchange(temporary_, std::nullopt));
  if (exchange_) exchange_->give_up();
  if (half_target_) {
    base::log("remote").error("{} is incomplete on the server, and could not be removed",
                              base::printable(target_.str()));
  }
}

}  // namespace ftpsfs::remote
