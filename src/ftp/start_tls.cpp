#include "ftpsfs/ftp/start_tls.h"

#include <chrono>

#include "ftpsfs/net/blocking.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::OpContext;
using base::Status;

namespace {

constexpr int kSecurityDataNext = 334;

// ftp-srv needs 2 ms when it has nothing else to do.
constexpr std::chrono::milliseconds kTimeToTurnTlsOn{50};

bool answered_in_clear_text(const base::Error& error) {
  return error.code == Errc::tls_refused && !error.server_reply.empty();
}

Status pause(std::chrono::milliseconds duration, const OpContext& ctx) {
  auto waited = net::wait({}, ctx.capped(duration), "waiting for the server to turn TLS on");
  const bool over = !waited && waited.error().code == Errc::timed_out;
  return over ? ctx.check("turning TLS on") : waited;
}

}  // namespace

bool agrees_to_tls(const Reply& reply) { return reply.completed() || reply.code == kSecurityDataNext; }

Status start_tls(ControlConnection& control, const std::shared_ptr<tls::Context>& tls,
                 ServerKnowledge& server, tls::Resume resume, const OpContext& ctx) {
  if (server.slow_to_secure) {
    if (auto ok = pause(kTimeToTurnTlsOn, ctx); !ok) return ok;
  }
  auto secured = control.start_tls(tls, ctx, resume);
  if (!secured && answered_in_clear_text(secured.error())) server.slow_to_secure = true;
  return secured;
}

}  // namespace ftpsfs::ftp
