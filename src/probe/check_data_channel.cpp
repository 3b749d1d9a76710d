#include <fmt/format.h>

#include <algorithm>

#include "checks.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using ftp::Command;
using ftp::Reply;

Notes notes_of(Lab& lab) { return {lab.report(), "data", "Data channels"}; }

// What the address in a PASV reply means for a client that believes it. ftpsfs does not.
std::string comment_on(const net::SocketAddress& given, const net::SocketAddress& peer) {
  const auto text = given.host();
  constexpr std::string_view kIgnored = "; ftpsfs connects to the control connection's address instead";
  if (given.same_host(peer)) return fmt::format("gives {}, the server's own", text);
  if (given.is_unspecified()) return fmt::format("gives {}{}", text, kIgnored);
  if (given.is_private() && !peer.is_private()) {
    return fmt::format("gives the private address {} (the server does not know that it is behind NAT){}",
                       text, kIgnored);
  }
  return fmt::format("gives another address, {}{}", text, kIgnored);
}

std::optional<std::uint16_t> port_of_pasv(const Reply& reply) {
  const auto passive = ftp::parse_pasv(reply);
  return passive ? std::optional(passive->port) : std::nullopt;
}

struct PortAnswer {
  bool known = false;    // the server named a port
  bool answers = false;  // and something answered there
};

void suggest_no(Lab& lab, std::string quirk, std::string reason) {
  lab.suggest({"quirks", std::move(quirk), std::move(reason), false});
}

PortAnswer try_port(Lab& lab, std::string id, std::string title, const Command& command,
                    std::optional<std::uint16_t> (*parse)(const Reply&)) {
  auto notes = notes_of(lab);
  const auto reply = lab.ask(command);
  if (!reply) {
    notes.add(std::move(id), std::move(title), Mark::failure, because(reply.error()), false);
    return {};
  }
  const auto port = parse(*reply);
  if (!port) {
    notes.add(std::move(id), std::move(title), Mark::note, fmt::format("refused: {}", quoted(*reply)), false);
    return {};
  }
  auto control = lab.control();
  if (!control) {
    notes.add(std::move(id), std::move(title), Mark::failure, because(control.error()), false);
    return {};
  }
  const Stopwatch watch;
  const auto connection =
      lab.dialer().dial_beside((*control)->peer(), (*control)->local(), *port, lab.step());
  if (!connection) {
    const bool silent = connection.error().code == base::Errc::timed_out;
    notes.add(std::move(id), std::move(title), Mark::warning,
              fmt::format("port {} {}: passive ports are probably blocked by a firewall", *port,
                          silent ? "did not answer" : "refused the connection"),
              false);
    return {.known = true};
  }
  std::string text = fmt::format("port {} answers", *port);
  Mark mark = Mark::ok;
  if (const auto passive = ftp::parse_pasv(*reply); passive && !(*control)->peer().is_ipv6()) {
    const auto given = net::SocketAddress::ipv4(passive->host, passive->port);
    text += "; " + comment_on(given, (*control)->peer());
    if (!given.same_host((*control)->peer())) mark = Mark::note;
  }
  notes.add(std::move(id), std::move(title), mark, text, true).took = watch.read();
  return {.known = true, .answers = true};
}

// DrFTPD and its kin choose a machine for the data first, and want to know for what.
bool try_pret(Lab& lab) {
  if (lab.facts.feat.find("PRET") == std::string::npos) return false;
  const auto agreed = lab.ask(Command::pret(Command::list()));
  if (!agreed || !agreed->completed()) return false;
  const auto reply = lab.ask(Command::pasv());
  if (!reply || !ftp::parse_pasv(*reply)) return false;
  lab.server.needs_pret = true;
  lab.suggest({"quirks", "pret", "The server names a passive port only behind PRET.", true});
  notes_of(lab).add("pret", "PRET", Mark::ok, "makes the server name a passive port", true);
  return true;
}

// Of all suggestions only this one is about data channels and is not applied to the probe itself.
bool is_cured_by_tls_max(const Report& report) {
  return std::ranges::find(report.suggestions, "tls_max", &Suggestion::name) != report.suggestions.end();
}

DataOutcome first_listing(Lab& lab) {
  auto control = lab.control();
  if (control) return try_data(lab, **control, Command::list(), {});
  DataOutcome failed;
  failed.error = std::move(control).error();
  return failed;
}

}  // namespace

void check_passive_ports(Lab& lab) {
  if (lab.settings().login.data.active) {
    notes_of(lab).add("epsv", "EPSV, PASV", Mark::note,
                      "not tried: with the option active the server connects to us");
    return;
  }
  const auto extended = try_port(lab, "epsv", "EPSV", Command::epsv(), &ftp::parse_epsv_port);
  if (!extended.answers) lab.server.lacks_epsv = true;
  const auto classic = try_port(lab, "pasv", "PASV", Command::pasv(), &port_of_pasv);
  if (!extended.answers && classic.answers && extended.known) {
    suggest_no(lab, "no_epsv", "The port that EPSV names does not answer, and the one of PASV does.");
  }
  if (!classic.answers && extended.answers && classic.known) {
    suggest_no(lab, "no_pasv", "The port that PASV names does not answer, and the one of EPSV does.");
  }
  const bool refused = !extended.known && !classic.known;
  if (refused && try_pret(lab)) return;
  if (!extended.answers && !classic.answers && !refused) {
    lab.suggest({"active", "",
                 "The server connects to you instead (this machine must be reachable from the server). "
                 "Better: have the server's passive ports opened in the firewalls in between.",
                 true});
    lab.obstruct("no passive port of the server answers, so nothing can be listed or transferred");
  }
}

bool check_data_channel(Lab& lab) {
  auto notes = notes_of(lab);
  const Stopwatch watch;
  DataOutcome outcome = first_listing(lab);
  if (!outcome.complete() && outcome.session_demanded && lab.wants_data_tls()) {
    // A login that resumed an older session may be what the server holds against the data channel.
    lab.tls()->forget_control_session();
    lab.leave();
    outcome = first_listing(lab);
    if (outcome.complete()) {
      lab.suggest({"quirks", "no_control_resumption",
                   "A data channel was refused on a login that resumed the session of an earlier one, and "
                   "accepted on a login that did not.",
                   false});
    }
  }
  if (!outcome.complete()) {
    const auto text = outcome.error ? because(*outcome.error) : std::string("the server sent no final reply");
    notes.add("data_channel", "a first listing", Mark::failure, text, false);
    if (!is_cured_by_tls_max(lab.report())) lab.obstruct("data channels do not work: " + text);
    return false;
  }
  std::string text = outcome.tls ? fmt::format("{}, {}", shown(outcome.tls->version),
                                               outcome.tls->resumed ? "resumed" : "full handshake")
                                 : std::string("in clear text");
  Mark mark = Mark::ok;
  if (outcome.bytes > 0 && !outcome.ended_in_order) {
    mark = Mark::note;
    text += "; the server ends it without close_notify, so a cut shows in the byte count only";
  }
  notes.add("data_channel", "a first listing", mark, text, true).took = watch.read();
  return true;
}

}  // namespace ftpsfs::probe
