#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "checks.h"
#include "ftpsfs/ftp/start_tls.h"
#include "ftpsfs/net/resolver.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using ftp::Command;
using ftp::ControlConnection;
using ftp::Reply;
using ftp::Security;

constexpr std::string_view kSection = "connection";
constexpr std::string_view kTitle = "Connection";

Notes notes_of(Lab& lab) { return {lab.report(), std::string(kSection), std::string(kTitle)}; }

// The same settings, without judging the certificate: it shall be shown also when it is not trusted. No name or
// password is ever sent over it.
Result<std::shared_ptr<tls::Context>> looking_context(const Lab& lab) {
  tls::Policy policy = lab.tls()->policy();
  policy.verify = false;
  policy.pins.clear();
  return lab.settings().make_tls(policy);
}

std::string other_scheme(const Lab& lab, std::string_view scheme) {
  return fmt::format("{}://{}:{}", scheme, shown(lab.settings().login.host), lab.settings().login.port);
}

// A silent port may wait for TLS, and one that does not answer TLS may speak clear text: tries the other way.
std::optional<std::string> hint_from_the_other_way(Lab& lab, const std::shared_ptr<tls::Context>& tls) {
  if (lab.settings().login.security == Security::explicit_tls) {
    if (lab.open(Security::implicit_tls, tls)) {
      return "this port wants TLS from the first byte; use " + other_scheme(lab, "ftps");
    }
    return std::nullopt;
  }
  auto clear = lab.open(Security::explicit_tls, nullptr);
  if (clear) return "this port begins in clear text; use " + other_scheme(lab, "ftpes");
  if (clear.error().code == Errc::too_many_sessions) {
    return "the server takes no further session, and says so in clear text: " + because(clear.error());
  }
  return std::nullopt;
}

void report_unreachable(Lab& lab, const Error& error, const std::shared_ptr<tls::Context>& tls) {
  std::string text = because(error);
  const bool may_be_the_other_way =
      error.code == Errc::timed_out || error.code == Errc::tls_refused || error.code == Errc::connection_lost;
  if (may_be_the_other_way && tls) {
    if (const auto hint = hint_from_the_other_way(lab, tls)) text = *hint;
  }
  notes_of(lab).add("greeting", "greeting", Mark::failure, text);
  lab.obstruct(text);
}

void describe_addresses(Lab& lab) {
  const auto& login = lab.settings().login;
  const Stopwatch watch;
  const auto addresses = net::resolve(login.host, login.port, lab.context().capped(login.connect_timeout));
  auto notes = notes_of(lab);
  if (!addresses) {
    notes.add("address", "address", Mark::failure, because(addresses.error()));
    lab.obstruct(because(addresses.error()));
    return;
  }
  std::vector<std::string> all;
  for (const auto& address : *addresses) all.push_back(address.to_string());
  notes.add("address", "address", Mark::ok, fmt::format("{}", fmt::join(all, ", ")), all).took = watch.read();
}

void describe_greeting(Lab& lab, const ControlConnection& control, std::chrono::milliseconds took) {
  lab.facts.greeting = control.greeting().text();
  auto notes = notes_of(lab);
  const bool is_ipv6 = control.peer().is_ipv6();
  const auto* const addresses = lab.report().find("address");
  const bool is_choice = std::get<std::vector<std::string>>(addresses->value).size() > 1;
  if (is_choice) {
    notes.add("peer", "answers at", Mark::ok,
              fmt::format("{} (IPv{})", control.peer().to_string(), is_ipv6 ? 6 : 4),
              control.peer().to_string());
  }
  notes.add("greeting", "greeting", Mark::ok, quoted(control.greeting()), shown(lab.facts.greeting, 2000))
      .took = took;
}

// AUTH TLS, or AUTH SSL where that is refused: the last reply.
Result<Reply> ask_for_tls(Lab& lab, ControlConnection& control, bool& ssl) {
  auto reply = control.exchange(Command::auth_tls(), lab.step());
  if (!reply || ftp::agrees_to_tls(*reply) || !control.in_step()) return reply;
  auto second = control.exchange(Command::auth_ssl(), lab.step());
  ssl = second && ftp::agrees_to_tls(*second);
  return ssl ? std::move(second) : std::move(reply);
}

enum class TlsStart { done, failed, too_early /* a new connection may succeed; nothing is noted */ };

TlsStart start_tls(Lab& lab, ControlConnection& control, const std::shared_ptr<tls::Context>& tls) {
  auto notes = notes_of(lab);
  bool ssl = false;
  auto reply = ask_for_tls(lab, control, ssl);
  if (!reply || !ftp::agrees_to_tls(*reply)) {
    const auto words = reply ? quoted(*reply) : because(reply.error());
    notes.add("tls_start", "TLS begins", Mark::failure,
              fmt::format("the server refuses AUTH TLS and AUTH SSL: {}", words), std::string("refused"));
    lab.obstruct(fmt::format(
        "the server does not offer TLS on port {} ({}); some offer it from the first byte on port "
        "990: ftps://{}",
        lab.settings().login.port, words, shown(lab.settings().login.host)));
    return TlsStart::failed;
  }
  const Stopwatch watch;
  const bool known_as_slow = lab.server.slow_to_secure;
  if (auto ok = ftp::start_tls(control, tls, lab.server, tls::Resume::offer, lab.step()); !ok) {
    if (lab.server.slow_to_secure && !known_as_slow) return TlsStart::too_early;
    notes.add("tls_start", "TLS begins", Mark::failure,
              fmt::format("the handshake failed: {}", because(ok.error())), std::string("failed"));
    lab.obstruct(fmt::format("the TLS handshake failed: {}", because(ok.error())));
    return TlsStart::failed;
  }
  std::string text = ssl ? "AUTH SSL (AUTH TLS is refused)" : "AUTH TLS";
  if (known_as_slow) text += ", and a moment later: at once the server takes the ClientHello for a command";
  notes
      .add("tls_start", "TLS begins", known_as_slow ? Mark::note : Mark::ok, text,
           std::string(ssl ? "AUTH SSL" : "AUTH TLS"))
      .took = watch.read();
  return TlsStart::done;
}

// With a second chance for a server that was too slow, as a mount gives it.
bool secure(Lab& lab, std::unique_ptr<ControlConnection>& control, const std::shared_ptr<tls::Context>& tls) {
  const auto started = start_tls(lab, *control, tls);
  if (started != TlsStart::too_early) return started == TlsStart::done;
  auto another = lab.open(Security::explicit_tls, tls);
  if (!another) {
    report_unreachable(lab, another.error(), tls);
    return false;
  }
  control = std::move(*another);
  return start_tls(lab, *control, tls) == TlsStart::done;
}

}  // namespace

bool check_connection(Lab& lab) {
  describe_addresses(lab);
  if (lab.report().obstacle) return false;
  std::shared_ptr<tls::Context> tls;
  if (lab.wants_tls()) {
    auto created = looking_context(lab);
    if (!created) {
      lab.obstruct(because(created.error()));
      return false;
    }
    tls = std::move(*created);
  }
  const Security security = lab.settings().login.security;
  const Stopwatch watch;
  auto control = lab.open(security, tls);
  if (!control) {
    report_unreachable(lab, control.error(), tls);
    return false;
  }
  describe_greeting(lab, **control, watch.read());
  if (security == Security::explicit_tls && !secure(lab, *control, tls)) return false;
  if (security == Security::implicit_tls) {
    notes_of(lab).add("tls_start", "TLS begins", Mark::ok, "with the first byte (implicit)",
                      std::string("implicit"));
  }
  if (security == Security::none) {
    notes_of(lab).add("tls_start", "TLS begins", Mark::warning,
                      "never: tls=none sends the password and every file in clear text", std::string("none"));
  }
  if (const auto info = (*control)->tls_info()) describe_tls(lab, *info);
  lab.leave(**control);
  return true;
}

}  // namespace ftpsfs::probe
