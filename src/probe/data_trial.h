#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ftpsfs/ftp/command.h"
#include "ftpsfs/ftp/reply.h"
#include "ftpsfs/tls/handshake_info.h"
#include "lab.h"

namespace ftpsfs::probe {

// One download or listing over a data channel opened by hand. ftp::Transfer hides what a probe wants to see: who
// offered what, what came first, what was refused, and what the bytes were.
struct DataTrial {
  std::vector<ftp::Command> before{};  // between the data connection and the command: REST, RANG
  bool offer_session = true;           // the control connection's TLS session, for resumption
  bool shake_hands_first = false;      // waits for a handshake before it sends the command
  std::size_t keep = 1 << 20;          // how many bytes of the data to return
};

struct DataOutcome {
  std::optional<ftp::Reply> before;  // the last reply to `before`
  bool early_handshake = false;      // it was complete before the command was sent
  std::optional<tls::HandshakeInfo> tls{};
  std::optional<ftp::Reply> reply{};  // the final one
  std::string data{};
  std::uint64_t bytes = 0;
  bool ended_in_order = false;       // close_notify, or no TLS
  std::optional<base::Error> error;  // what broke it, or the refusal
  bool session_demanded = false;     // the refusal is about resumption

  bool complete() const { return !error && reply && reply->completed(); }
};

// Why it is not complete: the refusal in quotes, else what broke it.
std::string reason_of(const DataOutcome& outcome);

// Always leaves `control` either in step or unusable.
DataOutcome try_data(Lab& lab, ftp::ControlConnection& control, const ftp::Command& command,
                     const DataTrial& trial);

}  // namespace ftpsfs::probe
