#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstring>

#include "checks.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using base::Result;
using ftp::Command;
using ftp::Reply;

Notes notes_of(Lab& lab) { return {lab.report(), "data", "Data channels"}; }

using Address = std::array<unsigned, 4>;

bool is_private(const Address& address) {
  return address[0] == 10 || address[0] == 127 || (address[0] == 172 && address[1] / 16 == 1) ||
         (address[0] == 192 && address[1] == 168);
}

Address address_of(const net::SocketAddress& peer) {
  sockaddr_in in{};
  std::memcpy(&in, &peer.storage, sizeof in);
  const std::uint32_t number = ntohl(in.sin_addr.s_addr);
  return {number >> 24U, number >> 16U & 0xffU, number >> 8U & 0xffU, number & 0xffU};
}

// "h1,h2,h3,h4,p1,p2" somewhere in the text.
std::optional<Address> address_in(const Reply& reply) {
  const std::string text = reply.lines.empty() ? std::string() : reply.lines.back();
  const auto comma = text.find(',');
  if (comma == std::string::npos) return std::nullopt;
  auto begin = comma;
  while (begin > 0 && text[begin - 1] >= '0' && text[begin - 1] <= '9') --begin;
  Address address{};
  const char* at = text.data() + begin;
  const char* const end = text.data() + text.size();
  for (unsigned& number : address) {
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc{} || stop == end || number > 255) return std::nullopt;
    at = stop + 1;
  }
  return address;
}

// What the address in a PASV reply means for a client that believes it. ftpsfs does not.
std::string comment_on(const Address& given, const Address& peer) {
  const auto text = fmt::format("{}", fmt::join(given, "."));
  constexpr std::string_view kIgnored = "; ftpsfs connects to the control connection's address instead";
  if (given == peer) return fmt::format("gives {}, the server's own", text);
  if (given == Address{}) return fmt::format("gives {}{}", text, kIgnored);
  if (is_private(given) && !is_private(peer)) {
    return fmt::format("gives the private address {} (the server does not know that it is behind NAT){}", text,
                       kIgnored);
  }
  return fmt::format("gives another address, {}{}", text, kIgnored);
}

struct PortAnswer {
  bool known = false;    // the server named a port
  bool answers = false;  // and something answered there
};

void suggest_no(Lab& lab, std::string quirk, std::string reason) {
  lab.report().suggest({"quirks", std::move(quirk), std::move(reason), false});
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
  const bool is_ipv4 = (*control)->peer().storage.ss_family == AF_INET;
  const auto given = parse == &ftp::parse_pasv_port ? address_in(*reply) : std::nullopt;
  if (given && is_ipv4) {
    const auto peer = address_of((*control)->peer());
    text += "; " + comment_on(*given, peer);
    if (*given != peer) mark = Mark::note;
  }
  notes.add(std::move(id), std::move(title), mark, text, true).took = watch.read();
  return {.known = true, .answers = true};
}

}  // namespace

void check_passive_ports(Lab& lab) {
  const auto extended = try_port(lab, "epsv", "EPSV", Command::epsv(), &ftp::parse_epsv_port);
  if (!extended.answers) lab.server.lacks_epsv = true;
  const auto classic = try_port(lab, "pasv", "PASV", Command::pasv(), &ftp::parse_pasv_port);
  if (!extended.answers && classic.answers && extended.known) {
    suggest_no(lab, "no_epsv", "The port that EPSV names does not answer, and the one of PASV does.");
  }
  if (!classic.answers && extended.answers && classic.known) {
    suggest_no(lab, "no_pasv", "The port that PASV names does not answer, and the one of EPSV does.");
  }
  if (!extended.answers && !classic.answers && (extended.known || classic.known)) {
    lab.report().suggest({"active", "",
                          "The server connects to you instead (this machine must be reachable from the server). "
                          "Better: have the server's passive ports opened in the firewalls in between.",
                          true});
    lab.report().obstruct("no passive port of the server answers, so nothing can be listed or transferred");
  }
}

bool check_data_channel(Lab& lab) {
  auto notes = notes_of(lab);
  auto control = lab.control();
  if (!control) {
    notes.add("data_channel", "listing", Mark::failure, because(control.error()), false);
    lab.report().obstruct(because(control.error()));
    return false;
  }
  const Stopwatch watch;
  const auto outcome = try_data(lab, **control, Command::list(), {});
  if (!outcome.complete()) {
    const auto text = outcome.error ? because(*outcome.error) : std::string("the server sent no final reply");
    notes.add("data_channel", "a first listing", Mark::failure, text, false);
    if (lab.report().suggestions.empty()) lab.report().obstruct("data channels do not work: " + text);
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
