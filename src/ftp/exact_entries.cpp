#include "exact_entries.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "ftpsfs/ftp/reply.h"
#include "ftpsfs/ftp/time_zone.h"
#include "ftpsfs/ftp/timestamp.h"

namespace ftpsfs::ftp {

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

// As with any data that moves, a long listing may take its time if so many answers come within the data time-out.
constexpr std::size_t kQuestionsInTime = 10'000;

// Of questions that are sent while the server does not read: it and both kernels keep them meanwhile.
constexpr std::size_t kMostBytesAhead = 64 << 10;
constexpr std::size_t kBytesOfARecord = 1300;  // at least, and little more: about a packet

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

bool needs_exact_time(const Attributes& attributes) {
  return attributes.type == FileType::file && attributes.precision != TimePrecision::second;
}

Questions questions_about(const RemotePath& directory, Listing& entries, const ServerKnowledge& server) {
  Questions questions;
  for (DirEntry& entry : entries) {
    auto& attributes = entry.attributes;
    if (attributes.type != FileType::file) continue;
    const auto path = directory.child(entry.name);
    if (!path) continue;
    if (needs_exact_time(attributes) && !server.lacks_mdtm)
      questions.add(Command::mdtm(*path), attributes, true);
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

void take(ServerKnowledge& server, const Question& question, const Reply& answer) {
  if (question.time) {
    take_time(server, *question.about, answer);
  } else if (const auto size = parse_size(answer)) {
    question.about->size = size;
  } else if (is_unknown_command(answer)) {
    server.lacks_size = true;
  }
}

Status ask(Session& session, const RemotePath& directory, Listing& entries, const OpContext& ctx) {
  auto questions = questions_about(directory, entries, session.server());
  if (questions.commands.empty()) return {};
  const std::span commands(questions.commands);
  for (std::size_t asked = 0; asked < commands.size();) {
    const auto part = commands.subspan(asked, std::min(commands.size() - asked, kQuestionsInTime));
    const auto answers = session.ask(part, ctx.with_time_limit(session.settings().data_timeout));
    if (!answers) return std::unexpected(answers.error());
    for (const Reply& answer : *answers) take(session.server(), questions.about[asked++], answer);
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

std::vector<Command> TimesAhead::next(std::span<const DirEntry> so_far) {
  std::vector<Command> record;
  std::vector<std::string> about;
  std::size_t size = 0;
  std::size_t seen = seen_;
  for (; seen < so_far.size() && size < kBytesOfARecord; ++seen) {
    const DirEntry& entry = so_far[seen];
    if (!needs_exact_time(entry.attributes)) continue;
    const auto path = directory_.child(entry.name);
    if (!path) continue;
    record.push_back(Command::mdtm(*path));
    about.push_back(entry.name);
    size += record.back().wire().size();
  }
  if (size < kBytesOfARecord || bytes_ + size > kMostBytesAhead) return {};
  seen_ = seen;
  bytes_ += size;
  about_.insert(about_.end(), about.begin(), about.end());
  return record;
}

void TimesAhead::take(ServerKnowledge& server, Listing& entries, std::span<const Reply> answers) const {
  std::map<std::string_view, const Reply*> told;
  for (std::size_t i = 0; i < answers.size(); ++i) told.emplace(about_[i], &answers[i]);
  for (DirEntry& entry : entries) {
    if (const auto found = told.find(entry.name); found != told.end())
      take_time(server, entry.attributes, *found->second);
  }
}

void make_exact(Session& session, const RemotePath& file, Listing& entries, const Reply& answer) {
  const auto found = std::ranges::find(entries, file.name(), &DirEntry::name);
  if (found != entries.end() && found->attributes.type == FileType::file)
    take_time(session.server(), found->attributes, answer);
  put_into_utc(session, entries);
}

}  // namespace ftpsfs::ftp
