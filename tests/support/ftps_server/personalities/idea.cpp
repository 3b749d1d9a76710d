#include "../personality.h"

namespace ftpsfs::testing {

// Idea FTP Server shakes hands on the data channel before it sends its 1yz: who waits for the 150 first waits for ever.
// From WinSCP's FtpFileSystem.cpp ("transfer active immediately"); everything else is as on other servers.
Personality idea() {
  Personality p = permissive();
  p.name = "idea";
  p.greeting = {"Idea FTP Server v0.80 (idea.local) [127.0.0.1]"};
  p.data_tls_start = DataTlsStart::before_reply;
  p.missing_verbs = {"SITE"};
  return p;
}

}  // namespace ftpsfs::testing
