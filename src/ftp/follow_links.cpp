#include "ftpsfs/ftp/follow_links.h"

#include <utility>
#include <vector>

#include "ftpsfs/ftp/timestamp.h"

namespace ftpsfs::ftp {

using base::fail;
using base::OpContext;
using base::Status;
using model::Attributes;
using model::FileType;

namespace {

// What the listing told was about the link.
void become(Attributes& attributes, FileType type) {
  attributes.type = type;
  attributes.size.reset();
  attributes.modified.reset();
  attributes.precision = model::TimePrecision::second;
  attributes.mode.reset();
  attributes.link_target.reset();
  attributes.unique_id.clear();
}

}  // namespace

Status follow_links(Session& session, std::span<const LinkToFollow> links, const OpContext& ctx) {
  std::vector<Command> questions;
  for (const auto& link : links) {
    questions.push_back(Command::size(link.path));
    questions.push_back(Command::mdtm(link.path));
  }
  auto answers = session.ask(questions, ctx);
  if (!answers) return fail(std::move(answers));

  std::vector<Command> entries;
  std::vector<Attributes*> maybe_directories;
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (const auto size = parse_size((*answers)[2 * i])) {
      Attributes& attributes = *links[i].attributes;
      become(attributes, FileType::file);
      attributes.size = size;
      const Reply& time = (*answers)[2 * i + 1];
      if (time.completed()) attributes.modified = parse_timestamp(time.lines.front());
    } else {
      entries.push_back(Command::cwd(links[i].path));
      maybe_directories.push_back(links[i].attributes);
    }
  }
  answers = session.ask(entries, ctx);
  if (!answers) return fail(std::move(answers));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if ((*answers)[i].completed()) become(*maybe_directories[i], FileType::directory);
  }
  return {};
}

}  // namespace ftpsfs::ftp
