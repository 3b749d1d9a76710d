#pragma once

#include <chrono>
#include <string>

#include "counters.h"
#include "faults.h"
#include "path_resolver.h"
#include "personality.h"
#include "tls_server_context.h"

namespace ftpsfs::testing {

struct Account {
  std::string user = "ftpt";
  std::string password = "secret";
};

// What a session borrows from its server; outlives the session.
struct SessionEnvironment {
  const Personality& personality;
  const Account& account;
  const PathResolver& resolver;
  const TlsServerContext& tls;
  Faults& faults;
  Counters& counters;
  bool implicit_tls = false;
  std::chrono::milliseconds io_limit{60000};
  bool ipv6 = false;
};

}  // namespace ftpsfs::testing
