#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "checks.h"
#include "ftpsfs/ftp/server_family.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using ftp::Command;
using ftp::Reply;

constexpr int kRoundTrips = 5;

// The lines of FEAT between the first and the last, as they are.
std::vector<std::string> feature_lines(const Reply& reply) {
  std::vector<std::string> features;
  for (std::size_t i = 1; i + 1 < reply.lines.size(); ++i) {
    const auto begin = reply.lines[i].find_first_not_of(" \t");
    if (begin != std::string::npos) features.push_back(shown(reply.lines[i].substr(begin), 200));
  }
  return features;
}

void check_features(Lab& lab, Notes& notes) {
  const auto reply = lab.ask(Command::feat());
  if (!reply || !reply->completed()) {
    notes.add("features", "FEAT", reply ? Mark::note : Mark::warning,
              fmt::format("none: {}", outcome_of(reply)), std::vector<std::string>());
    return;
  }
  lab.facts.feat = reply->text();
  lab.server.set_capabilities(ftp::Capabilities::from_feat(*reply));
  const auto features = feature_lines(*reply);
  notes.add("features", "FEAT", Mark::ok, fmt::format("{}", fmt::join(features, "; ")), features);
}

void check_family(Lab& lab, Notes& notes) {
  const auto syst = lab.ask(Command::syst());
  const auto family =
      ftp::recognize_server(lab.facts.greeting, syst ? syst->text() : std::string(), lab.facts.feat);
  const auto name = family.version.empty() ? family.name : family.name + " " + family.version;
  notes.add("family", "family", Mark::ok, name.empty() ? "unknown" : name, family.name);
  notes.add("system", "SYST", syst && syst->completed() ? Mark::ok : Mark::note, outcome_of(syst));
}

void check_utf8(Lab& lab, Notes& notes) {
  const auto capabilities = lab.server.capabilities();
  if (!capabilities || !capabilities->utf8) {
    notes.add("utf8", "UTF-8", Mark::note, "not in FEAT: names are what bytes the server has", false);
    return;
  }
  if (lab.server.lacks_utf8_opts) {
    notes.add("utf8", "UTF-8", Mark::ok, "in FEAT; OPTS UTF8 ON is not sent with these options", true);
    return;
  }
  const auto reply = lab.ask(Command::opts_utf8_on());
  if (!reply) {
    notes.add("utf8", "UTF-8", Mark::warning, fmt::format("OPTS UTF8 ON: {}", because(reply.error())), true);
    lab.suggest({"quirks", "no_utf8_opts", "The server does not stand OPTS UTF8 ON.", true});
    return;
  }
  notes.add("utf8", "UTF-8", Mark::ok, fmt::format("in FEAT; OPTS UTF8 ON: {}", quoted(*reply)), true);
}

void check_round_trip(Lab& lab, Notes& notes) {
  std::array<std::chrono::microseconds, kRoundTrips> times{};
  for (auto& time : times) {
    const auto begin = std::chrono::steady_clock::now();
    const auto reply = lab.ask(Command::noop());
    if (!reply) {
      notes.add("round_trip", "round trip", Mark::warning, because(reply.error()));
      return;
    }
    time = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  }
  std::ranges::sort(times);
  const auto median = times[kRoundTrips / 2];
  lab.facts.round_trip = std::chrono::ceil<std::chrono::milliseconds>(median);
  notes
      .add("round_trip", "round trip", Mark::ok, fmt::format("median of {} NOOPs", kRoundTrips),
           std::int64_t{median.count()})
      .took = lab.facts.round_trip;
}

// Commands sent before the replies of earlier ones have come: half of ftpsfs' speed, and a few servers stumble.
void check_pipelining(Lab& lab, Notes& notes) {
  auto control = lab.control();
  if (!control) {
    notes.add("pipelining", "pipelining", Mark::unknown, because(control.error()));
    return;
  }
  std::vector<Command> flight;
  for (int i = 0; i < 3; ++i) {
    flight.push_back(Command::noop());
    flight.push_back(Command::size(model::RemotePath()));  // a directory: usually refused, always answered
  }
  flight.push_back(Command::pwd());
  const auto replies = (*control)->exchange_batch(flight, lab.step());
  const bool in_order = replies && ftp::parse_quoted_path(replies->back()).has_value();
  if (in_order) {
    notes.add("pipelining", "pipelining", Mark::ok,
              fmt::format("{} commands in one flight are answered in order", flight.size()), true);
    return;
  }
  if (replies) (*control)->give_up();
  notes.add("pipelining", "pipelining", Mark::warning,
            fmt::format("{} commands in one flight: {}", flight.size(),
                        replies ? "the replies are out of order" : because(replies.error())),
            false);
  lab.suggest({"quirks", "one_at_a_time",
               "The server loses commands that are sent before the reply to the one before.", true});
}

}  // namespace

void check_server(Lab& lab) {
  Notes notes(lab.report(), "server", "Server");
  check_features(lab, notes);
  check_family(lab, notes);
  check_utf8(lab, notes);
  check_round_trip(lab, notes);
  check_pipelining(lab, notes);
}

}  // namespace ftpsfs::probe
