// Sets a link up, says where it is, and keeps it until standard input ends. See usage.

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <system_error>

#include "link_emulator/link_emulator.h"

namespace {

using ftpsfs::testing::LinkCounters;
using ftpsfs::testing::LinkEmulator;
using ftpsfs::testing::LinkProfile;
using nlohmann::json;

constexpr const char* kCommands =
    "Prints one line of JSON: the two namespaces, for nsenter --net=, and the addresses. Then it takes "
    "commands, one a "
    "line, and answers each with a line of JSON:\n"
    "  report                 what has passed in each direction, and what was dropped\n"
    "  blackhole on|off       nothing passes\n"
    "  loss SHARE             0 to 1\n"
    "The link goes away with the end of standard input.";

json to_json(const LinkCounters& counters) {
  return {{"packets", counters.packets},
          {"bytes", counters.bytes},
          {"tcp_payload_bytes", counters.tcp_payload_bytes},
          {"tcp_payload_packets", counters.tcp_payload_packets},
          {"connections", counters.connections},
          {"flights", counters.flights},
          {"dropped_queue", counters.dropped_queue},
          {"dropped_loss", counters.dropped_loss},
          {"dropped_blackhole", counters.dropped_blackhole}};
}

json report(const LinkEmulator& link) {
  const auto now = link.report();
  return {{"to_server", to_json(now.to_server)}, {"to_client", to_json(now.to_client)}};
}

json obey(LinkEmulator& link, const std::string& line) {
  std::istringstream words(line);
  std::string command;
  std::string value;
  double share = 0;
  words >> command;
  if (command == "report") return report(link);
  if (command == "blackhole" && words >> value && (value == "on" || value == "off")) {
    link.set_blackhole(value == "on");
    return {{"blackhole", value}};
  }
  if (command == "loss" && words >> share && share >= 0 && share <= 1) {
    link.set_loss(share);
    return {{"loss", share}};
  }
  return {{"error", "not a command: " + line}};
}

int serve(const LinkProfile& profile) {
  LinkEmulator link(profile);
  std::cout << json{{"client_namespace", link.client().namespace_path()},
                    {"server_namespace", link.server().namespace_path()},
                    {"client_address", LinkEmulator::kClientAddress},
                    {"server_address", LinkEmulator::kServerAddress}}
                   .dump()
            << std::endl;
  for (std::string line; std::getline(std::cin, line);) std::cout << obey(link, line).dump() << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A slow link between two network namespaces of this machine");
  app.footer(kCommands);
  LinkProfile profile;
  double milliseconds = 0;
  app.add_option("--rtt", milliseconds, "round-trip time in ms")->check(CLI::NonNegativeNumber);
  app.add_option("--rate", profile.megabits, "Mbit/s in each direction; 0: no limit")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--queue", profile.queue_bytes, "bytes that wait at most; 0: one round trip's worth");
  app.add_option("--loss", profile.loss, "share of packets that are lost")->check(CLI::Range(0.0, 1.0));
  app.add_option("--mtu", profile.mtu, "largest IP packet")->check(CLI::Range(576, 65000));
  CLI11_PARSE(app, argc, argv);
  profile.round_trip = std::chrono::nanoseconds(static_cast<std::int64_t>(milliseconds * 1e6));
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C ends whoever started this, and with it standard input
  try {
    return serve(profile);
  } catch (const std::system_error& error) {
    std::cerr << "link_emulator: " << error.what() << '\n';
    return 1;
  }
}
