#include "failure_kind.h"

#include <algorithm>

namespace ftpsfs::writeback {

using base::Errc;

FailureKind kind_of(Errc code) {
  switch (code) {
    case Errc::permission_denied:
    case Errc::not_permitted:
    case Errc::read_only:
    case Errc::not_found:  // of the directory: the file itself need not be there
    case Errc::not_a_directory:
    case Errc::is_a_directory:
    case Errc::exists:
    case Errc::not_empty:
    case Errc::file_too_large:
    case Errc::name_invalid:
    case Errc::name_too_long:
    case Errc::invalid_argument:
    case Errc::not_supported: return FailureKind::file_for_good;
    case Errc::no_space:
    case Errc::quota_exceeded: return FailureKind::no_room;
    case Errc::busy:
    case Errc::stale:
    case Errc::protocol_error:
    case Errc::local_io:
    case Errc::internal: return FailureKind::file_for_now;
    case Errc::login_refused:
    case Errc::too_many_sessions:
    case Errc::tls_refused:
    case Errc::tls_untrusted:
    case Errc::tls_not_resumed:
    case Errc::unreachable:
    case Errc::timed_out:
    case Errc::cancelled:
    case Errc::connection_lost: return FailureKind::server_away;
  }
  return FailureKind::file_for_now;
}

std::size_t most_tries(FailureKind kind) {
  switch (kind) {
    case FailureKind::file_for_good: return 3;
    case FailureKind::no_room: return 5;
    case FailureKind::server_away:
    case FailureKind::file_for_now: break;
  }
  return 0;
}

base::SteadyDuration pause_after(std::size_t failures) {
  constexpr std::size_t kDoublings = 6;
  const auto doublings = std::min(std::max<std::size_t>(failures, 1) - 1, kDoublings);
  return std::min(std::chrono::seconds(std::int64_t{1} << doublings), std::chrono::seconds(60));
}

}  // namespace ftpsfs::writeback
