#pragma once

#include "ftpsfs/base/error.h"

namespace ftpsfs::tls {

// What was going on when OpenSSL reported an error.
struct FailureScene {
  bool handshake_done = false;
  bool certificate_asked = false;  // the server wanted one of us
  bool certificate_shown = false;  // and the policy names one
};

// Makes a sentence with a remedy of this thread's oldest queued error, and empties the queue. tls_refused for what a
// repetition would meet again, connection_lost for what it may not.
base::Error explain_failure(const FailureScene& scene);

}  // namespace ftpsfs::tls
