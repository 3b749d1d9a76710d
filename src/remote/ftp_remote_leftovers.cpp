#include "ftp_remote_leftovers.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "ftpsfs/base/log.h"

namespace ftpsfs::remote {

using ftp::Command;
using model::DirEntry;
using model::RemotePath;

namespace {

constexpr std::size_t kMostAtATime = 16;

std::vector<RemotePath> left_over(const model::Listing& entries, const RemotePath& folder) {
  const base::SystemTime now = std::chrono::system_clock::now();
  std::vector<RemotePath> paths;
  for (const DirEntry& entry : entries) {
    if (paths.size() == kMostAtATime) break;
    if (!TemporaryFiles::is_left_over(entry, now)) continue;
    if (auto path = folder.child(entry.name)) paths.push_back(std::move(*path));
  }
  return paths;
}

}  // namespace

void remove_temporary(ftp::Session& session, TemporaryFiles& temporaries, const RemotePath& path,
                      const base::OpContext& ctx) {
  const auto done =
      session.perform(Command::dele(path), ctx.with_time_limit(session.settings().reply_timeout));
  if (done || (session.reusable() && done.error().code == base::Errc::not_found)) {
    temporaries.gone(path);
  } else if (!session.reusable()) {
    temporaries.abandon(path);
  } else {
    temporaries.gone(path);
    base::log("remote").warn("{} is left on the server: {}", base::printable(path.str()),
                             done.error().describe());
  }
}

void remove_left_over(ftp::Session& session, TemporaryFiles& temporaries, model::Listing& entries,
                      const RemotePath& folder, const base::OpContext& ctx) {
  const auto abandoned = temporaries.take_abandoned(folder);
  auto paths = left_over(entries, folder);
  paths.insert(paths.end(), abandoned.begin(), abandoned.end());
  if (paths.empty()) return;

  std::vector<Command> flight;
  for (const RemotePath& path : paths) flight.push_back(Command::dele(path));
  const auto replies = session.ask(flight, ctx);
  if (!replies) {
    for (const RemotePath& path : abandoned) temporaries.abandon(path);
    return;
  }
  std::set<std::string, std::less<>> removed;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if ((*replies)[i].completed()) removed.emplace(paths[i].name());
  }
  for (const RemotePath& path : abandoned) temporaries.gone(path);
  std::erase_if(entries, [&](const DirEntry& entry) { return removed.contains(entry.name); });
  base::log("remote").info("{}: {} of {} left-over uploads removed", base::printable(folder.str()),
                           removed.size(), paths.size());
}

}  // namespace ftpsfs::remote
