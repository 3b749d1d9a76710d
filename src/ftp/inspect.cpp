#include "ftpsfs/ftp/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/ftp/refusal.h"
#include "ftpsfs/ftp/timestamp.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::Error;
using base::fail;
using base::OpContext;
using base::Result;
using model::Attributes;
using model::FileType;
using model::RemotePath;

namespace {

constexpr std::uint32_t kModeOfSymlinks = 0777;
constexpr int kActionNotTaken = 550;

bool is_refused(const Error& error) { return error.code == Errc::permission_denied; }

std::unexpected<base::Error> missing(const RemotePath& path) {
  return fail(Errc::not_found, fmt::format("{} does not exist", base::printable(path.str())));
}

std::optional<Attributes> facts_in(const Reply& reply) {
  for (std::size_t i = 1; i < reply.lines.size(); ++i) {
    std::string_view line = reply.lines[i];
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (auto entry = parse_mlsx_line(line)) return std::move(entry->attributes);
  }
  return std::nullopt;
}

Result<Attributes> ask_mlst(Session& session, const RemotePath& path, const OpContext& ctx) {
  auto reply = session.perform(Command::mlst(path), ctx);
  if (!reply) return fail(std::move(reply));
  if (auto facts = facts_in(*reply)) return std::move(*facts);
  // ProFTPD answers so for a path that it hides.
  return missing(path);
}

std::optional<Attributes> size_and_time_in(std::span<const Reply> answers) {
  Attributes attributes{.type = FileType::file, .size = parse_size(answers.front())};
  // IIS describes a directory in several lines, and ftp-srv has no number for an empty file.
  if (!attributes.size) return std::nullopt;
  const bool dated = answers.size() > 1 && answers.back().completed();
  if (dated) attributes.modified = parse_timestamp(answers.back().lines.front());
  return attributes;
}

// SIZE and MDTM; nullopt where the server has no SIZE, or where its answer is no size.
Result<std::optional<Attributes>> ask_size_and_time(Session& session, const RemotePath& path,
                                                    const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  if (server.lacks_size) return std::nullopt;
  const std::array questions{Command::size(path), Command::mdtm(path)};
  auto answers = session.ask(std::span(questions).first(server.lacks_mdtm ? 1 : 2), ctx);
  if (!answers) return fail(std::move(answers));
  const Reply& size = answers->front();
  if (size.refused()) {
    auto refusal = classify(questions[0], size).error;
    if (refusal.code != Errc::not_supported) return std::unexpected(std::move(refusal));
    server.lacks_size = true;
    return std::nullopt;
  }
  return size_and_time_in(*answers);
}

// What a listing does not show that was cut short, or leaves out what MLST is refused for: a file if it has a size, a directory if it can be entered.
Result<Attributes> ask_for_unlisted(Session& session, const RemotePath& path, const OpContext& ctx) {
  auto file = ask_size_and_time(session, path, ctx);
  if (file && *file) return std::move(**file);
  if (!file && !session.reusable()) return fail(std::move(file));
  auto entered = session.perform(Command::cwd(path), ctx);
  if (entered) return Attributes{.type = FileType::directory};
  return session.reusable() ? missing(path) : fail(std::move(entered));
}

enum class Folder { to_be_checked, certainly_there };
enum class Mlst { open, refused };

// Whether the folder of `path` can be entered although it cannot be listed; the reason why not, otherwise.
base::Status check_unlisted_folder(Session& session, const RemotePath& folder, const Error& refusal,
                                   const OpContext& ctx) {
  if (folder.is_root() || session.server().refuses_looks(folder)) return {};
  const auto entered = session.perform(Command::cwd(folder), ctx);
  if (entered) return {};
  if (!session.reusable()) return std::unexpected(entered.error());
  return std::unexpected(explain_refusal(session, Command::Kind::list, folder, refusal, ctx));
}

// In a folder that may not be listed: a file may have a size all the same, and a directory can be entered. `refusal` when
// the server tells nothing at all. One that refuses MLST as well means it: ProFTPD's SIZE under <Limit> still tells of what
// is missing, and of nothing else.
Result<Attributes> ask_in_unlisted_folder(Session& session, const RemotePath& path, Mlst mlst, Error refusal,
                                          const OpContext& ctx) {
  auto file = ask_size_and_time(session, path, ctx);
  if (file && *file) return std::move(**file);
  if (!file && !session.reusable()) return fail(std::move(file));
  auto entered = session.perform(Command::cwd(path), ctx);
  if (entered) return Attributes{.type = FileType::directory};
  if (!session.reusable()) return fail(std::move(entered));
  const bool absent = !file && file.error().code == Errc::not_found;
  if (!file && !absent && !is_refused(file.error())) return fail(std::move(file));
  if (!absent || mlst == Mlst::refused) session.server().learn_refuses_looks(path.parent());
  if (absent) return missing(path);
  return std::unexpected(std::move(refusal));
}

Result<Attributes> find_in_parent(Session& session, const RemotePath& path, Folder folder, Mlst mlst,
                                  const OpContext& ctx) {
  auto entries = read_directory_of(session, path, ctx);
  if (entries) {
    const auto found = std::ranges::find(*entries, path.name(), &model::DirEntry::name);
    if (found != entries->end()) return std::move(found->attributes);
    const bool shows_all = entries->complete && mlst == Mlst::open;
    return shows_all ? missing(path) : ask_for_unlisted(session, path, ctx);
  }
  Error refusal = std::move(entries).error();
  if (!is_refused(refusal))
    refusal = explain_refusal(session, Command::Kind::list, path.parent(), std::move(refusal), ctx);
  if (!is_refused(refusal) || !session.reusable()) return std::unexpected(std::move(refusal));
  if (folder == Folder::to_be_checked) {
    if (auto ok = check_unlisted_folder(session, path.parent(), refusal, ctx); !ok)
      return fail(std::move(ok));
  }
  return ask_in_unlisted_folder(session, path, mlst, std::move(refusal), ctx);
}

// ProFTPD's MLST shows a symlink with its own size and mode but with the type of what it points to.
bool may_be_disguised_symlink(const Attributes& attributes) {
  return attributes.mode == kModeOfSymlinks && attributes.type != FileType::symlink;
}

// It is there, whatever ProFTPD says of it under <Limit DIRS>.
Result<Attributes> inspect_root(Session& session, const OpContext& ctx) {
  auto entered = session.perform(Command::cwd(RemotePath()), ctx);
  const bool only_refused = !entered && session.reusable() &&
                            (is_refused(entered.error()) || entered.error().code == Errc::not_found);
  if (!entered && !only_refused) return fail(std::move(entered));
  return Attributes{.type = FileType::directory};
}

// MLST as long as the server has it; nullopt when it has not, or refuses it here.
Result<std::optional<Attributes>> try_mlst(Session& session, const RemotePath& path, const OpContext& ctx) {
  if (session.server().lacks_mlst) return std::nullopt;
  auto attributes = ask_mlst(session, path, ctx);
  if (attributes) return std::move(*attributes);
  if (is_refused(attributes.error()) && session.reusable()) return std::nullopt;
  if (attributes.error().code != Errc::not_supported) return fail(std::move(attributes));
  session.server().lacks_mlst = true;
  return std::nullopt;
}

// After try_mlst has told nothing.
Mlst why_nothing(ServerKnowledge& server) { return server.lacks_mlst ? Mlst::open : Mlst::refused; }

Result<Attributes> inspect_file_in(Folder folder, Session& session, const RemotePath& path,
                                   const OpContext& ctx) {
  auto told = try_mlst(session, path, ctx);
  if (!told) return fail(std::move(told));
  if (*told) return std::move(**told);

  told = ask_size_and_time(session, path, ctx);
  if (!told && !(is_refused(told.error()) && session.reusable())) return fail(std::move(told));
  if (told && *told) return std::move(**told);
  auto listed = find_in_parent(session, path, folder, why_nothing(session.server()), ctx);
  if (listed && listed->type != FileType::file) return missing(path);
  return listed;
}

}  // namespace

Result<Attributes> inspect(Session& session, const RemotePath& path, const OpContext& ctx) {
  auto told = try_mlst(session, path, ctx);
  if (!told) return fail(std::move(told));
  if (*told && (path.is_root() || !may_be_disguised_symlink(**told))) return std::move(**told);
  if (path.is_root()) return inspect_root(session, ctx);
  const Mlst mlst = *told ? Mlst::open : why_nothing(session.server());
  return find_in_parent(session, path, Folder::to_be_checked, mlst, ctx);
}

Result<Attributes> inspect_file(Session& session, const RemotePath& path, const OpContext& ctx) {
  return inspect_file_in(Folder::to_be_checked, session, path, ctx);
}

Result<Attributes> inspect_absent(Session& session, const RemotePath& path, const OpContext& ctx) {
  const ServerKnowledge& server = session.server();
  if (!server.lacks_mlst || server.lacks_size) return inspect(session, path, ctx);
  const std::array questions{Command::size(path), Command::cwd(path)};
  const auto answers = session.ask(questions, ctx);
  if (!answers) return std::unexpected(answers.error());
  const bool nothing_is_there =
      std::ranges::all_of(*answers, [](const Reply& reply) { return reply.code == kActionNotTaken; });
  if (nothing_is_there) return missing(path);
  return inspect(session, path, ctx);
}

Result<std::optional<Attributes>> inspect_stored(Session& session, const RemotePath& path,
                                                 const OpContext& ctx) {
  auto found = inspect_file_in(Folder::certainly_there, session, path, ctx);
  if (found) return std::move(*found);
  if (refused_every_look(session.server(), path, found.error())) return std::nullopt;
  return fail(std::move(found));
}

bool refused_every_look(const ServerKnowledge& server, const RemotePath& path, const Error& error) {
  return is_refused(error) && server.refuses_looks(path.parent());
}

std::vector<Command> file_questions(const ServerKnowledge& server, const RemotePath& path) {
  std::vector<Command> questions;
  if (!server.lacks_mlst) {
    questions.push_back(Command::mlst(path));
  } else if (!server.lacks_size) {
    questions.push_back(Command::size(path));
    if (!server.lacks_mdtm) questions.push_back(Command::mdtm(path));
  }
  return questions;
}

std::optional<Attributes> file_answers(ServerKnowledge& server, std::span<const Command> questions,
                                       std::span<const Reply> replies) {
  if (replies.empty()) return std::nullopt;
  const Reply& first = replies.front();
  const bool mlst = questions.front().wire().starts_with("MLST");
  if (first.refused() && classify(questions.front(), first).error.code == Errc::not_supported) {
    (mlst ? server.lacks_mlst : server.lacks_size) = true;
  }
  if (!first.completed()) return std::nullopt;
  return mlst ? facts_in(first) : size_and_time_in(replies);
}

}  // namespace ftpsfs::ftp
