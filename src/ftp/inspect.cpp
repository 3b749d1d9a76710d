#include "ftpsfs/ftp/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/ftp/directory.h"
#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/ftp/timestamp.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using model::Attributes;
using model::FileType;
using model::RemotePath;

namespace {

constexpr std::uint32_t kModeOfSymlinks = 0777;

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

// What a listing that was cut short does not show: a file if it has a size, a directory if it can be entered.
Result<Attributes> ask_for_unlisted(Session& session, const RemotePath& path, const OpContext& ctx) {
  auto file = ask_size_and_time(session, path, ctx);
  if (file && *file) return std::move(**file);
  if (!file && !session.reusable()) return fail(std::move(file));
  auto entered = session.perform(Command::cwd(path), ctx);
  if (entered) return Attributes{.type = FileType::directory};
  return session.reusable() ? missing(path) : fail(std::move(entered));
}

Result<Attributes> find_in_parent(Session& session, const RemotePath& path, const OpContext& ctx) {
  auto entries = read_directory(session, path.parent(), ctx);
  if (!entries) return fail(std::move(entries));
  const auto found = std::ranges::find(*entries, path.name(), &model::DirEntry::name);
  if (found != entries->end()) return std::move(found->attributes);
  return entries->complete ? missing(path) : ask_for_unlisted(session, path, ctx);
}

// ProFTPD's MLST shows a symlink with its own size and mode but with the type of what it points to.
bool may_be_disguised_symlink(const Attributes& attributes) {
  return attributes.mode == kModeOfSymlinks && attributes.type != FileType::symlink;
}

Result<Attributes> inspect_root(Session& session, const OpContext& ctx) {
  auto entered = session.perform(Command::cwd(RemotePath()), ctx);
  if (!entered) return fail(std::move(entered));
  return Attributes{.type = FileType::directory};
}

// MLST as long as the server has it; nullopt when it has not.
Result<std::optional<Attributes>> try_mlst(Session& session, const RemotePath& path, const OpContext& ctx) {
  if (session.server().lacks_mlst) return std::nullopt;
  auto attributes = ask_mlst(session, path, ctx);
  if (attributes) return std::move(*attributes);
  if (attributes.error().code != Errc::not_supported) return fail(std::move(attributes));
  session.server().lacks_mlst = true;
  return std::nullopt;
}

}  // namespace

Result<Attributes> inspect(Session& session, const RemotePath& path, const OpContext& ctx) {
  auto told = try_mlst(session, path, ctx);
  if (!told) return fail(std::move(told));
  if (*told && (path.is_root() || !may_be_disguised_symlink(**told))) return std::move(**told);
  if (path.is_root()) return inspect_root(session, ctx);
  return find_in_parent(session, path, ctx);
}

Result<Attributes> inspect_file(Session& session, const RemotePath& path, const OpContext& ctx) {
  auto told = try_mlst(session, path, ctx);
  if (!told) return fail(std::move(told));
  if (*told) return std::move(**told);

  told = ask_size_and_time(session, path, ctx);
  if (!told) return fail(std::move(told));
  if (*told) return std::move(**told);
  auto listed = find_in_parent(session, path, ctx);
  if (listed && listed->type != FileType::file) return missing(path);
  return listed;
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
