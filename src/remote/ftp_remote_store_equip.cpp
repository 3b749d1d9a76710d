// The part of StoreJob that gives what was uploaded its time and permissions, and checks its size.

#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include "ftp_remote_store.h"
#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/ftp/inspect.h"

namespace ftpsfs::remote {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Status;
using ftp::Command;
using ftp::ServerKnowledge;
using ftp::Session;
using model::Attributes;
using model::FileType;
using model::RemotePath;

namespace {

// Of one's own file: the server lacks the command, or forbids it to everybody (vsftpd's chmod_enable).
bool is_never(Errc code) { return code == Errc::not_supported || code == Errc::permission_denied; }

// The one command for times that this server is believed to have.
std::optional<Command> time_command(const ServerKnowledge& server, base::SystemTime modified,
                                    const RemotePath& path) {
  if (!server.lacks_mfmt) return Command::mfmt(modified, path);
  if (!server.lacks_mdtm_set) return Command::mdtm_set(modified, path);
  if (!server.lacks_site_utime) return Command::site_utime(modified, path);
  return std::nullopt;
}

}  // namespace

bool StoreJob::is_fresh(const RemotePath& path) const { return path != target_ || (looked_ && !existing_); }

// MLST would tell of a link itself.
std::vector<Command> StoreJob::questions_about(const ServerKnowledge& server, const RemotePath& path) const {
  const bool through_link = path == target_ && existing_ && existing_->type == FileType::symlink;
  if (!through_link || server.lacks_size) return ftp::file_questions(server, path);
  std::vector<Command> questions;
  questions.push_back(Command::size(path));
  questions.push_back(Command::mdtm(path));
  return questions;
}

// What stands for the server's word where it refuses every look. Its clock may differ from ours.
Attributes StoreJob::as_sent() const {
  Attributes attributes{.type = FileType::file, .size = sent_};
  attributes.modified = stored_.modified_set ? options_.modified : std::chrono::system_clock::now();
  attributes.precision = model::TimePrecision::minute;
  if (stored_.mode_set) attributes.mode = wanted_mode(target_);
  return attributes;
}

// Sets time and permissions of what was uploaded, and asks for its size, in one flight.
StoreJob::Equipment StoreJob::equipment(const ServerKnowledge& server, const RemotePath& path) const {
  Equipment equipment;
  auto& flight = equipment.flight.questions;
  if (options_.modified) {
    if (auto command = time_command(server, *options_.modified, path)) flight.push_back(std::move(*command));
  }
  equipment.timed = flight.size();
  const auto mode = wanted_mode(path);
  if (mode && !server.lacks_site_chmod) flight.push_back(Command::site_chmod(*mode, path));
  equipment.equipped = flight.size();
  for (Command& question : questions_about(server, path)) flight.push_back(std::move(question));
  return equipment;
}

Status StoreJob::send(Session& session, const RemotePath& path, ftp::UploadProgress& progress,
                      const OpContext& ctx) {
  // Of a content that is still being written, time and permissions are known at its end only.
  const auto behind = [&] {
    sent_along_ = equipment(session.server(), path);
    return &sent_along_.flight;
  };
  return ftp::send_file(session, path, content_.size, content_.read_at, progress, ctx, behind);
}

// Unless that has gone along with the upload.
Status StoreJob::equip(Session& session, const RemotePath& path, const OpContext& context) {
  const OpContext ctx = context.with_time_limit(session.settings().data_timeout);
  Equipment equipped = std::exchange(sent_along_, {});
  if (equipped.flight.answers.empty()) {
    equipped = equipment(session.server(), path);
    auto answers = session.ask(equipped.flight.questions, ctx);
    if (!answers) return fail(std::move(answers));
    equipped.flight.answers = std::move(*answers);
  }
  return take_equipment(session, path, equipped, ctx);
}

Status StoreJob::take_equipment(Session& session, const RemotePath& path, const Equipment& equipped,
                                const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  const std::span questions(equipped.flight.questions);
  const std::span answers(equipped.flight.answers);
  stored_ = {};
  stored_.modified_set = equipped.timed > 0 && answers[0].completed();
  if (equipped.equipped > equipped.timed) {
    const ftp::Reply& answer = answers[equipped.timed];
    stored_.mode_set = answer.completed();
    // Of a file that we have just made ourselves.
    if (is_fresh(path) && is_never(ftp::classify(questions[equipped.timed], answer).error.code))
      server.lacks_site_chmod = true;
  }
  auto told =
      ftp::file_answers(server, questions.subspan(equipped.equipped), answers.subspan(equipped.equipped));
  if (!told) {
    auto asked = ftp::inspect_stored(session, path, ctx);
    if (!asked) return fail(std::move(asked));
    told = std::move(*asked);
  }
  stored_.unseen = !told;
  stored_.attributes = told ? std::move(*told) : as_sent();
  const auto mode = wanted_mode(path);
  const auto& has = stored_.attributes.mode;
  if (has && is_fresh(path) && !stored_.mode_set) server.mode_of_new_files = static_cast<int>(*has);
  if (has && has == mode) stored_.mode_set = true;
  return ftp::check_stored_size(stored_.attributes, sent_, target_);
}

}  // namespace ftpsfs::remote
