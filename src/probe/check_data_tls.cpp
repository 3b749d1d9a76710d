#include <fmt/format.h>

#include <array>
#include <chrono>

#include "checks.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using base::Errc;
using base::Result;
using ftp::Command;
using tls::Version;

struct Named {
  Version version;
  std::string_view name;    // as the report shows it
  std::string_view option;  // as tls_min and tls_max take it
  std::string_view id;
};

constexpr std::array kVersions{Named{Version::tls1_2, "TLS 1.2", "1.2", "tls12"},
                               Named{Version::tls1_3, "TLS 1.3", "1.3", "tls13"}};

Notes notes_of(Lab& lab) { return {lab.report(), "data", "Data channels"}; }

constexpr int kAges = 3650;  // days; vsftpd's last 68 years

enum class Working { yes, no, not_spoken, unknown };

// Two data channels of two control connections, one that offers the session and one that does not.
struct Pair {
  DataOutcome offered;
  DataOutcome bare;
  std::optional<base::SystemTime> ticket_end;  // of the session that was offered
  std::optional<tls::HandshakeInfo> second_control;
};

Result<Pair> try_both(Lab& lab, const std::shared_ptr<tls::Context>& context) {
  Pair pair;
  auto first = lab.log_in_with(context);
  if (!first) return base::fail(std::move(first));
  pair.offered = try_data(lab, (*first)->control(), Command::list(), {});
  pair.ticket_end = (*first)->control().session_keeper().usable_until();
  lab.leave(std::move(*first));
  auto second = lab.log_in_with(context);
  if (!second) return base::fail(std::move(second));
  pair.second_control = (*second)->control().tls_info();
  pair.bare = try_data(lab, (*second)->control(), Command::list(), {.offer_session = false});
  lab.leave(std::move(*second));
  return pair;
}

std::string error_of(const DataOutcome& outcome) {
  return outcome.error ? because(*outcome.error) : std::string("no final reply came");
}

std::string refusal_of(const DataOutcome& outcome) {
  return outcome.reply ? quoted(*outcome.reply) : error_of(outcome);
}

std::string describe_ticket(const std::optional<base::SystemTime>& end) {
  if (!end) return {};
  const auto left = std::chrono::ceil<std::chrono::seconds>(*end - std::chrono::system_clock::now());
  if (left.count() <= 0) return fmt::format("; its ticket expired {} s ago", -left.count());
  if (left < std::chrono::minutes(2)) return fmt::format("; its ticket lasts {} s", left.count());
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(left);
  if (minutes <= std::chrono::days(1)) return fmt::format("; its ticket lasts {} min", minutes.count());
  const auto days = std::chrono::floor<std::chrono::days>(minutes).count();
  return days > kAges ? std::string("; its ticket does not expire")
                      : fmt::format("; its ticket lasts {} days", days);
}

Working describe(Lab& lab, const Named& version, const Pair& pair) {
  auto notes = notes_of(lab);
  const std::string id = fmt::format("resumption_{}", version.id);
  const std::string title = fmt::format("resumption, {}", version.name);
  const DataOutcome& offered = pair.offered;
  if (!offered.complete()) {
    const auto text = offered.session_demanded
                          ? fmt::format("demanded, but the server does not accept the session it gave: {}{}",
                                        refusal_of(offered), describe_ticket(pair.ticket_end))
                          : fmt::format("the data channel fails: {}", error_of(offered));
    notes.add(id, title, Mark::failure, text, std::vector<std::string>{"failed"});
    return Working::no;
  }
  const bool was_offered = offered.tls && offered.tls->session_offered;
  const bool resumed = offered.tls && offered.tls->resumed;
  const bool demanded = resumed && !pair.bare.complete();
  std::vector<std::string> words;
  if (was_offered) words.emplace_back("offered");
  if (resumed) words.emplace_back("accepted");
  if (demanded) words.emplace_back("demanded");
  std::string text;
  if (demanded) {
    text = fmt::format("offered, accepted, and demanded (without: {})", refusal_of(pair.bare));
  } else if (resumed) {
    text = "offered and accepted; not demanded";
  } else if (was_offered) {
    text = "offered, not accepted, not demanded: each data channel costs a full handshake";
  } else {
    text =
        "the server gives no session to resume, and demands none: each data channel costs a full handshake";
  }
  if (was_offered) text += describe_ticket(pair.ticket_end);
  notes.add(id, title, resumed ? Mark::ok : Mark::note, text, words);
  return Working::yes;
}

void describe_control(Lab& lab, const Named& version, const Pair& pair) {
  if (!pair.second_control || !pair.second_control->session_offered) return;
  const bool resumed = pair.second_control->resumed;
  notes_of(lab).add(fmt::format("control_resumption_{}", version.id),
                    fmt::format("new logins, {}", version.name), Mark::ok,
                    resumed ? "a second control connection resumes the session of the first"
                            : "a second control connection costs a full handshake",
                    resumed);
}

Working check_version(Lab& lab, const Named& version) {
  tls::Policy policy = lab.tls()->policy();
  policy.min_version = version.version;
  policy.max_version = version.version;
  auto context = lab.settings().make_tls(policy);
  if (!context) return Working::unknown;
  const auto pair = try_both(lab, *context);
  if (pair) {
    const Working working = describe(lab, version, *pair);
    describe_control(lab, version, *pair);
    return working;
  }
  const bool not_spoken =
      pair.error().code == Errc::tls_refused || pair.error().code == Errc::connection_lost;
  notes_of(lab).add(fmt::format("resumption_{}", version.id), fmt::format("resumption, {}", version.name),
                    not_spoken ? Mark::note : Mark::unknown,
                    fmt::format("not tried: {}", because(pair.error())), std::vector<std::string>());
  return not_spoken ? Working::not_spoken : Working::unknown;
}

}  // namespace

void check_data_tls(Lab& lab) {
  if (!lab.wants_data_tls()) return;
  lab.leave();
  std::array<Working, kVersions.size()> works{};
  const tls::Policy& policy = lab.tls()->policy();
  for (std::size_t i = 0; i < kVersions.size(); ++i) {
    const auto version = kVersions[i].version;
    const bool wanted = version >= policy.min_version && version <= policy.max_version;
    works[i] = wanted ? check_version(lab, kVersions[i]) : Working::not_spoken;
  }
  if (works[1] == Working::no && works[0] == Working::yes) {
    lab.suggest({"tls_max", "1.2",
                 "Data channels work with TLS 1.2 and not with TLS 1.3, which would be chosen otherwise.",
                 true});
  }
}

void check_handshake_order(Lab& lab) {
  if (!lab.wants_data_tls()) return;
  auto notes = notes_of(lab);
  lab.leave();
  auto session = lab.log_in_with(lab.tls());
  if (!session) {
    notes.add("handshake_order", "handshake", Mark::unknown, because(session.error()));
    return;
  }
  const auto outcome = try_data(lab, (*session)->control(), Command::list(), {.shake_hands_first = true});
  if (outcome.early_handshake) {
    notes.add("handshake_order", "handshake", Mark::ok, "as soon as the data channel is connected",
              std::string("at_connect"));
  } else if (outcome.complete()) {
    notes.add("handshake_order", "handshake", Mark::ok, "only after the command",
              std::string("after_command"));
  } else {
    notes.add("handshake_order", "handshake", Mark::note,
              fmt::format("not before the command: {}", error_of(outcome)), std::string("after_command"));
  }
  lab.leave(std::move(*session));
}

}  // namespace ftpsfs::probe
