#include "ftp_remote_rename.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/inspect.h"
#include "ftpsfs/ftp/refusal.h"
#include "ftpsfs/model/file_version.h"

namespace ftpsfs::remote {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using ftp::Command;
using ftp::Session;
using model::Attributes;
using model::FileType;
using model::FileVersion;
using model::RemotePath;

namespace {

struct Refusal {
  Error error;
  bool may_be_for_the_target = false;  // because something has its name
};

struct Ends {
  Attributes source;
  Attributes target;
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_but_for_case(const RemotePath& one, const RemotePath& other) {
  return std::ranges::equal(one.str(), other.str(), {}, lower, lower);
}

}  // namespace

bool may_be_for_the_target(const ftp::Reply& reply, Errc code) {
  constexpr int kNameNotAllowed = 553;
  return code == Errc::exists || reply.code == kNameNotAllowed ||
         reply.text().find("Rename permission denied") != std::string::npos;
}

namespace {

Result<std::optional<Refusal>> try_rename(Session& session, const RemotePath& from, const RemotePath& to,
                                          const OpContext& ctx) {
  const std::array commands{Command::rnfr(from), Command::rnto(to)};
  auto replies = session.ask(commands, ctx);
  if (!replies) return fail(std::move(replies));
  const std::size_t refused = (*replies)[0].refused() ? 0 : 1;
  const ftp::Reply& reply = (*replies)[refused];
  if (!reply.refused()) return std::nullopt;
  Error error = ftp::classify(commands.at(refused), reply).error;
  const bool about_target = refused == 1 && may_be_for_the_target(reply, error.code);
  return Refusal{std::move(error), about_target};
}

bool is_listed(const std::vector<model::DirEntry>& entries, const RemotePath& path) {
  return std::ranges::find(entries, path.name(), &model::DirEntry::name) != entries.end();
}

// Only a file has anything to lose: RMD spares a directory that is not empty.
bool look_the_same(const Ends& ends) {
  if (ends.source.type != FileType::file || ends.target.type != FileType::file) return false;
  if (!ends.source.size || !ends.target.size) return true;
  return FileVersion::of(ends.source).may_equal(FileVersion::of(ends.target));
}

// Whether two paths may lead to one file: through a directory that is a symlink, or because the server takes names for
// equal that are written differently. A server that does so lists only one of them. Files in two directories are told
// apart by their ids or, where the server has none, by size and time.
bool may_be_one_file(Session& session, const RemotePath& from, const RemotePath& to, const Ends& ends,
                     const OpContext& ctx) {
  if (equal_but_for_case(from, to)) return true;
  const bool have_ids = !ends.source.unique_id.empty() && !ends.target.unique_id.empty();
  if (have_ids && ends.source.unique_id == ends.target.unique_id) return true;
  const auto beside_target = ftp::read_directory(session, to.parent(), ctx);
  if (!beside_target || !is_listed(*beside_target, to)) return true;
  if (from.parent() == to.parent()) return !is_listed(*beside_target, from);
  return !have_ids && look_the_same(ends);
}

// Why the server cannot do it, from a look at both ends; nothing where it might do it with the target removed.
std::optional<Errc> why_not(const Ends& ends) {
  const bool source_is_directory = ends.source.type == FileType::directory;
  const bool target_is_directory = ends.target.type == FileType::directory;
  if (target_is_directory && !source_is_directory) return Errc::is_a_directory;
  if (!target_is_directory && source_is_directory) return Errc::not_a_directory;
  return std::nullopt;
}

// The server has spared it if it is not empty.
Status replace_directory(Session& session, const RemotePath& from, const RemotePath& to,
                         const OpContext& ctx) {
  if (auto removed = session.perform(Command::rmd(to), ctx); !removed) {
    return std::unexpected(
        ftp::explain_refusal(session, Command::Kind::remove_dir, to, std::move(removed).error(), ctx));
  }
  auto refused = try_rename(session, from, to, ctx);
  if (!refused) return fail(std::move(refused));
  if (!*refused) {
    session.server().lacks_rename_over = true;
    return {};
  }
  Error error = std::move((*refused)->error);
  error.message = fmt::format("{} was empty and removed to make room, and then {}", base::printable(to.str()),
                              error.message);
  return std::unexpected(std::move(error));
}

Status outcome(Result<std::optional<Error>> exchanged) {
  if (!exchanged) return fail(std::move(exchanged));
  if (*exchanged) return std::unexpected(std::move(**exchanged));
  return {};
}

Status replace(Session& session, Exchange& exchange, const RemotePath& from, const RemotePath& to,
               const Ends& ends, const OpContext& ctx) {
  if (ends.target.type == FileType::directory) return replace_directory(session, from, to, ctx);
  return outcome(exchange.run(session, ctx));
}

// After a lost session, when the target may have stepped aside.
Status go_on(Session& session, Exchange& exchange, const OpContext& ctx) {
  auto happened = exchange.has_happened(session, ctx);
  if (!happened) return fail(std::move(happened));
  if (!*happened) return outcome(exchange.resume(session, ctx));
  exchange.finish(session, ctx);
  return {};
}

// What is at both ends; the error names the one that is missing, or stays `refused` where that does not explain it.
Result<Ends> look_at_both(Session& session, const RemotePath& from, const RemotePath& to, Error refused,
                          const OpContext& ctx) {
  auto source = ftp::inspect(session, from, ctx);
  if (!source) {
    if (source.error().code == Errc::not_found) refused.code = Errc::not_found;
    return std::unexpected(std::move(refused));
  }
  auto target = ftp::inspect(session, to, ctx);
  if (!target) {
    const auto parent = ftp::inspect(session, to.parent(), ctx);
    if (!parent && parent.error().code == Errc::not_found) refused.code = Errc::not_found;
    return std::unexpected(std::move(refused));
  }
  return Ends{std::move(*source), std::move(*target)};
}

Status after_refusal(Session& session, Exchange& exchange, const RemotePath& from, const RemotePath& to,
                     Refusal refusal, const OpContext& ctx) {
  if (!session.reusable()) return std::unexpected(std::move(refusal.error));
  auto ends = look_at_both(session, from, to, refusal.error, ctx);
  if (!ends) return fail(std::move(ends));
  if (const auto reason = why_not(*ends)) {
    refusal.error.code = *reason;
    return std::unexpected(std::move(refusal.error));
  }
  if (refusal.may_be_for_the_target && !may_be_one_file(session, from, to, *ends, ctx)) {
    return replace(session, exchange, from, to, *ends, ctx);
  }
  if (ends->target.type == FileType::directory) refusal.error.code = Errc::not_empty;
  return std::unexpected(std::move(refusal.error));
}

// On a server that is known not to replace. Nothing where there is nothing to replace, or it cannot be done.
Result<bool> replaced_first(Session& session, Exchange& exchange, const RemotePath& from,
                            const RemotePath& to, const OpContext& ctx) {
  auto target = ftp::inspect(session, to, ctx);
  if (!target && target.error().code == Errc::not_found) return false;
  if (!target) return fail(std::move(target));
  auto source = ftp::inspect(session, from, ctx);
  if (!source) return fail(std::move(source));
  const Ends ends{std::move(*source), std::move(*target)};
  if (why_not(ends) || may_be_one_file(session, from, to, ends, ctx)) return false;
  if (auto done = replace(session, exchange, from, to, ends, ctx); !done) return fail(std::move(done));
  return true;
}

}  // namespace

std::vector<Command> rename_commands(const RemotePath& from, const RemotePath& to) {
  std::vector<Command> commands;
  commands.push_back(Command::rnfr(from));
  commands.push_back(Command::rnto(to));
  return commands;
}

bool renamed(std::span<const ftp::Reply> replies) { return !replies[0].refused() && !replies[1].refused(); }

Error refusal_of_rename(std::span<const Command> commands, std::span<const ftp::Reply> replies) {
  const std::size_t refused = replies[0].refused() ? 0 : 1;
  return ftp::classify(commands[refused], replies[refused]).error;
}

Result<std::vector<ftp::Reply>> ask_to_rename(Session& session, const RemotePath& from, const RemotePath& to,
                                              const OpContext& ctx) {
  const auto commands = rename_commands(from, to);
  auto replies = session.ask(commands, ctx);
  if (!replies || renamed(*replies) || !ftp::may_pass(refusal_of_rename(commands, *replies))) return replies;
  return session.ask(commands, ctx);
}

Status rename_on(Session& session, Exchange& exchange, const RemotePath& from, const RemotePath& to,
                 const OpContext& ctx) {
  if (exchange.left_something()) return go_on(session, exchange, ctx);
  if (auto ok = session.server().check_new_name(to); !ok) return ok;
  if (session.server().lacks_rename_over) {
    const auto replaced = replaced_first(session, exchange, from, to, ctx);
    if (!replaced) return std::unexpected(replaced.error());
    if (*replaced) return {};
  }
  auto refused = try_rename(session, from, to, ctx);
  if (!refused) return fail(std::move(refused));
  if (!*refused) return {};
  return after_refusal(session, exchange, from, to, std::move(**refused), ctx);
}

}  // namespace ftpsfs::remote
