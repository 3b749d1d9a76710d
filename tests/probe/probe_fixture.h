#pragma once

#include <string>

#include "ftpsfs/probe/probe.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {

// One of our own servers with a few files, and settings to probe it with.
class ProbedServer {
 public:
  explicit ProbedServer(Personality personality = permissive());
  ProbedServer(Personality personality, const tls::Policy& policy);

  TemporaryFolder folder;
  Server server;
  probe::ProbeSettings settings;
  net::TcpDialer dialer;

  probe::Report probe();

 private:
  static ServerOptions options_for(const TemporaryFolder& folder, Personality personality);
};

// The mark of a finding; a test failure when there is none with this id.
probe::Mark mark_of(const probe::Report& report, std::string_view id);
std::string text_of(const probe::Report& report, std::string_view id);

// The report with all that differs from run to run (times, ports, fingerprints, dates, random names) replaced.
probe::Report without_chance(probe::Report report);

// Compares with tests/probe/golden/NAME.txt. With FTPSFS_UPDATE_GOLDEN=1 in the environment it writes the file instead.
void expect_golden(const std::string& name, const probe::Report& report);

}  // namespace ftpsfs::testing
