#include "ftp_remote_names.h"

#include <fmt/format.h>

#include <array>
#include <random>
#include <utility>

#include "ftpsfs/ftp/classify.h"

namespace ftpsfs::remote {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using ftp::Answers;
using ftp::Command;
using ftp::Reply;
using ftp::Session;
using model::RemotePath;

namespace {

Status status_of(const Command& command, const Reply& reply) {
  if (!reply.refused()) return {};
  return std::unexpected(ftp::classify(command, reply).error);
}

bool says_missing(const Command& question, const Reply& reply) {
  return reply.refused() && ftp::classify(question, reply).error.code == Errc::not_found;
}

std::unexpected<base::Error> missing(const RemotePath& path) {
  return fail(Errc::not_found, fmt::format("{} does not exist", base::printable(path.str())));
}

std::unexpected<base::Error> existing(const RemotePath& path) {
  return fail(Errc::exists, fmt::format("{} exists", base::printable(path.str())));
}

// DELE of a name that nobody has: does the server refuse that?
Result<Answers> ask_about_missing(Session& session, const RemotePath& directory, const OpContext& ctx) {
  std::random_device random;
  const auto nobodys = directory.child(fmt::format(".ftpsfs-{:08x}{:08x}", random(), random()));
  if (!nobodys) return Answers::unknown;
  const std::array question{Command::dele(*nobodys)};
  const auto replies = session.ask(question, ctx);
  if (!replies) return std::unexpected(replies.error());
  return replies->front().refused() ? Answers::yes : Answers::no;
}

// Whether MKD can and may be sent, on a server that tells of directories by MDTM.
Status check_by_mdtm(Session& session, const RemotePath& path, const OpContext& ctx) {
  ftp::ServerKnowledge& server = session.server();
  if (server.dates_directories == Answers::no || server.lacks_mdtm) return {};
  const std::array questions{Command::mdtm(RemotePath()), Command::mdtm(path.parent()), Command::mdtm(path)};
  const auto replies = session.ask(questions, ctx);
  if (!replies) return std::unexpected(replies.error());
  const bool dates_directories = (*replies)[0].completed();
  server.dates_directories = dates_directories ? Answers::yes : Answers::no;
  if (!dates_directories) return {};
  if (says_missing(questions[1], (*replies)[1])) return missing(path.parent());
  if ((*replies)[2].completed()) return existing(path);
  return {};
}

}  // namespace

Status remove_file_on(Session& session, const RemotePath& path, const OpContext& ctx) {
  ftp::ServerKnowledge& server = session.server();
  const std::array commands{Command::mlst(path), Command::dele(path)};
  if (server.lacks_mlst || server.refuses_missing == Answers::yes) {
    auto reply = session.perform(commands[1], ctx);
    return reply ? Status() : fail(std::move(reply));
  }
  const auto replies = session.ask(commands, ctx);
  if (!replies) return std::unexpected(replies.error());
  auto done = status_of(commands[1], (*replies)[1]);
  if (!says_missing(commands[0], (*replies)[0])) return done;
  if (!done) {
    server.refuses_missing = Answers::yes;
    return done;
  }
  // Confirmed although MLST had not found it, which may also be a link without a target.
  if (server.refuses_missing == Answers::unknown) {
    const auto answer = ask_about_missing(session, path.parent(), ctx);
    if (!answer) return std::unexpected(answer.error());
    server.refuses_missing = *answer;
  }
  return server.refuses_missing == Answers::no ? missing(path) : done;
}

Status make_directory_on(Session& session, const RemotePath& path, const OpContext& ctx) {
  ftp::ServerKnowledge& server = session.server();
  if (auto ok = server.check_new_name(path); !ok) return ok;
  const std::array commands{Command::mlst(path), Command::mkd(path)};
  if (server.lacks_mlst || server.refuses_existing == Answers::yes) {
    if (server.lacks_mlst) {
      if (auto ok = check_by_mdtm(session, path, ctx); !ok) return ok;
    }
    auto reply = session.perform(commands[1], ctx);
    return reply ? Status() : fail(std::move(reply));
  }
  const auto replies = session.ask(commands, ctx);
  if (!replies) return std::unexpected(replies.error());
  auto done = status_of(commands[1], (*replies)[1]);
  if (!(*replies)[0].completed()) return done;
  server.refuses_existing = done ? Answers::no : Answers::yes;
  return done ? Status(existing(path)) : done;
}

}  // namespace ftpsfs::remote
