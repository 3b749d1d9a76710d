#include "exact_entries.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "ftpsfs/ftp/reply.h"
#include "ftpsfs/ftp/time_zone.h"
#include "ftpsfs/ftp/timestamp.h"

namespace ftpsfs::ftp {

using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::Attributes;
using model::DirEntry;
using model::FileType;
using model::Listing;
using model::RemotePath;
using model::TimePrecision;

namespace {

struct Question {
  Attributes* about = nullptr;
  bool time = false;  // MDTM, otherwise SIZE
};

struct Questions {
  std::vector<Command> commands;
  std::vector<Question> about;

  void add(Command command, Attributes& attributes, bool time) {
    commands.push_back(std::move(command));
    about.push_back({&attributes, time});
  }
};

Questions questions_about(const RemotePath& directory, Listing& entries, const ServerKnowledge& server) {
  Questions questions;
  for (DirEntry& entry : entries) {
    auto& attributes = entry.attributes;
    if (attributes.type != FileType::file) continue;
    const auto path = directory.child(entry.name);
    if (!path) continue;
    const bool vague = attributes.precision != TimePrecision::second;
    if (vague && !server.lacks_mdtm) questions.add(Command::mdtm(*path), attributes, true);
    if (!attributes.size && !server.lacks_size) questions.add(Command::size(*path), attributes, false);
  }
  return questions;
}

bool is_unknown_command(const Reply& reply) {
  return reply.code == 500 || reply.code == 502 || reply.code == 504;
}

void learn_zone(ServerKnowledge& server, const Attributes& listed, base::SystemTime exact) {
  if (server.zone_offset() || listed.precision != TimePrecision::minute || !listed.modified) return;
  if (const auto offset = zone_offset_between(*listed.modified, exact)) server.set_zone_offset(*offset);
}

void take_time(ServerKnowledge& server, Attributes& attributes, const Reply& answer) {
  const auto exact = answer.completed() ? parse_timestamp(answer.lines.front()) : std::nullopt;
  if (!exact) {
    if (is_unknown_command(answer)) server.lacks_mdtm = true;
    return;
  }
  learn_zone(server, attributes, *exact);
  attributes.modified = exact;
  attributes.precision = TimePrecision::second;
}

Status ask(Session& session, const RemotePath& directory, Listing& entries, const OpContext& ctx) {
  auto questions = questions_about(directory, entries, session.server());
  if (questions.commands.empty()) return {};
  auto answers = session.ask(questions.commands, ctx);
  if (!answers) return fail(std::move(answers));
  for (std::size_t i = 0; i < answers->size(); ++i) {
    auto& [attributes, time] = questions.about[i];
    const Reply& answer = (*answers)[i];
    if (time) {
      take_time(session.server(), *attributes, answer);
    } else if (const auto size = parse_size(answer)) {
      attributes->size = size;
    } else if (is_unknown_command(answer)) {
      session.server().lacks_size = true;
    }
  }
  return {};
}

void put_into_utc(Session& session, Listing& entries) {
  const auto& zone = session.settings().time_zone;
  const auto learnt = session.server().zone_offset().value_or(std::chrono::minutes(0));
  for (DirEntry& entry : entries) {
    auto& attributes = entry.attributes;
    if (!attributes.modified || attributes.precision != TimePrecision::minute) continue;
    attributes.modified = zone ? zone->to_utc(*attributes.modified) : *attributes.modified - learnt;
  }
}

}  // namespace

Status make_exact(Session& session, const RemotePath& directory, Listing& entries, const OpContext& ctx) {
  if (auto ok = ask(session, directory, entries, ctx); !ok) return ok;
  put_into_utc(session, entries);
  return {};
}

}  // namespace ftpsfs::ftp
