#include <fmt/format.h>

#include "checks.h"
#include "ftpsfs/ftp/space.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using base::Errc;

constexpr unsigned kDefaultSessions = 4;  // of the mount option max_sessions

bool is_refused(const base::Result<ftp::Reply>& reply) { return !reply || reply->refused(); }

void check_avbl(Lab& lab, Notes& notes) {
  const auto reply = lab.ask(ftp::Command::avbl(lab.facts.folder));
  const auto left = is_refused(reply) ? std::nullopt : ftp::parse_size(*reply);
  if (left) {
    notes.add("avbl", "AVBL", Mark::ok, "tells how much can still be stored",
              static_cast<std::int64_t>(*left));
  } else {
    notes.add("avbl", "AVBL", Mark::note, fmt::format("no: {}", outcome_of(reply)), false);
  }
}

void check_quota(Lab& lab, Notes& notes) {
  const auto reply = lab.ask(ftp::Command::site_quota());
  if (is_refused(reply)) {
    notes.add("site_quota", "SITE QUOTA", Mark::note, fmt::format("no: {}", outcome_of(reply)), false);
  } else if (const auto space = ftp::parse_quota(*reply)) {
    notes.add("site_quota", "SITE QUOTA", Mark::ok,
              "limits what can be uploaded, and tells what is left of it",
              static_cast<std::int64_t>(space->available));
  } else {
    notes.add("site_quota", "SITE QUOTA", Mark::note, "names no limit of uploaded bytes", false);
  }
}

}  // namespace

void check_space(Lab& lab) {
  Notes notes(lab.report(), "limits", "Limits");
  check_avbl(lab, notes);
  check_quota(lab, notes);
}

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
