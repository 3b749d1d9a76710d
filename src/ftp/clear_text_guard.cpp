#include "clear_text_guard.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "ftpsfs/ftp/classify.h"
#include "text.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::Error;
using base::fail;
using base::Result;
using net::IoState;
using net::IoStep;

Result<IoStep> ClearTextGuard::try_read(std::span<std::byte> out) {
  for (;;) {
    auto step = lower_->try_read(out);
    if (seen_ == Seen::tls || !step) return step;
    if (step->state == IoState::end_of_stream && seen_ == Seen::text) {
      auto reply = collect_reply("\r\n");  // the line that the end has cut
      return reply ? step : reply;
    }
    if (step->state != IoState::done || step->bytes == 0) return step;
    if (seen_ == Seen::nothing) seen_ = is_digit(static_cast<char>(out[0])) ? Seen::text : Seen::tls;
    if (seen_ == Seen::tls) return step;
    const auto* const text = reinterpret_cast<const char*>(out.data());  // NOLINT: bytes are characters
    if (auto reply = collect_reply({text, step->bytes}); !reply) return reply;
  }
}

Result<IoStep> ClearTextGuard::try_write(std::span<const std::byte> data) { return lower_->try_write(data); }

Result<IoStep> ClearTextGuard::collect_reply(std::string_view text) {
  text_.feed(text);
  auto reply = text_.next();
  if (!reply) return fail(std::move(reply));
  if (*reply) return refuse(**reply);
  return IoStep{IoState::want_read};
}

std::unexpected<Error> ClearTextGuard::refuse(const Reply& reply) const {
  if (is_session_limit(reply)) {
    return fail(Errc::too_many_sessions, fmt::format("{} takes no further session", host_), reply.text());
  }
  if (tls_ == Tls::explicit_tls) {
    return fail(Errc::tls_refused,
                fmt::format("{} answered in clear text where its TLS handshake was expected", host_),
                reply.text());
  }
  if (reply.refused()) {
    return fail(Errc::unreachable, fmt::format("{} turned the connection away", host_), reply.text());
  }
  return fail(Errc::tls_refused,
              fmt::format("{} speaks clear text first on this port: use ftpes:// instead of ftps://", host_),
              reply.text());
}

}  // namespace ftpsfs::ftp
