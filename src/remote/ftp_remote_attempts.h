#pragma once

#include <expected>
#include <type_traits>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/pool/session_pool.h"

namespace ftpsfs::remote {

// The first session may have died while idle, the second with a server that restarts; more would be a pattern.
inline constexpr int kMostAttempts = 3;

// A data channel whose TLS session was refused works on a new connection, or never.
inline int most_attempts(base::Errc code) { return code == base::Errc::tls_not_resumed ? 2 : kMostAttempts; }

// Errors that say more about the session than about the operation.
inline bool is_lost_session(base::Errc code) {
  return code == base::Errc::connection_lost || code == base::Errc::tls_not_resumed;
}

// Runs `attempt(Lease&)` with a lease, and again with a new connection as long as the session got lost under it.
// `attempt` returns a Result or Status.
template <class Attempt>
auto on_lease(pool::SessionPool& pool, pool::Purpose purpose, const base::OpContext& ctx, Attempt&& attempt)
    -> std::invoke_result_t<Attempt&, pool::Lease&> {
  auto freshness = pool::Freshness::any;
  for (int number = 1;; ++number) {
    auto lease = pool.acquire(purpose, ctx, freshness);
    auto result = lease ? attempt(*lease) : std::unexpected(lease.error());
    if (result || !is_lost_session(result.error().code)) return result;
    // The server would refuse its next data channel, too.
    if (lease && *lease && result.error().code == base::Errc::tls_not_resumed) lease->session().give_up();
    if (number >= most_attempts(result.error().code)) return result;
    base::log("remote").debug("trying again on a new connection: {}", result.error().describe());
    freshness = pool::Freshness::new_connection;
  }
}

}  // namespace ftpsfs::remote
