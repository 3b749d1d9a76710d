#include <fmt/format.h>

#include "checks.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using base::Errc;

constexpr unsigned kDefaultSessions = 4;  // of the mount option max_sessions

}  // namespace

void check_session_limit(Lab& lab) {
  Notes notes(lab.report(), "limits", "Limits");
  lab.leave();
  std::vector<SessionPtr> open;
  std::optional<base::Error> refusal;
  while (open.size() < lab.settings().most_sessions && !refusal) {
    auto next = lab.log_in_with(lab.tls());
    if (next) {
      open.push_back(std::move(*next));
    } else {
      refusal = std::move(next).error();
    }
  }
  const auto count = static_cast<std::int64_t>(open.size());
  for (SessionPtr& session : open) lab.leave(std::move(session));
  if (!refusal) {
    notes.add("sessions", "sessions", Mark::ok, fmt::format("at least {} at the same time", count), count);
    return;
  }
  const bool limit = refusal->code == Errc::too_many_sessions && count > 0;
  notes.add("sessions", "sessions", limit ? Mark::note : Mark::warning,
            fmt::format("{} at the same time, the next is refused: {}", count, because(*refusal)), count);
  if (limit && count < kDefaultSessions) {
    lab.suggest({"max_sessions", fmt::format("{}", count),
                 "The server takes no more sessions of this account, other programs' included.", false});
  }
}

}  // namespace ftpsfs::probe
