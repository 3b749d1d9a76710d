#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "session_environment.h"
#include "stream.h"

namespace ftpsfs::testing {

// The passive listener of one control connection and the one connection it accepts. Belongs to the session's
// thread.
class DataConnection {
 public:
  DataConnection(const SessionEnvironment& environment, const Wakeup& wakeup, std::string owner);

  // Opens a new listener on 127.0.0.1 (dropping what was there) and gives its port.
  std::optional<std::uint16_t> listen();
  // For a connection to the client, made when its command has come; drops what was there.
  void expect_active(std::uint16_t port);
  // Whether connections are in the clear (PROT C).
  void set_clear(bool clear) { clear_ = clear; }
  [[nodiscard]] bool clear() const { return clear_; }
  void close();
  // Whether the client has connected by now.
  [[nodiscard]] bool connected() const;
  [[nodiscard]] bool prepared() const {
    return listener_.valid() || stream_.has_value() || active_port_ != 0;
  }

  // For the wait for commands: what to watch, and what to do when it is ready. The connection is taken as
  // early as possible in order to see a ClientHello that comes before its command; clients cannot tell, as
  // the kernel has completed the TCP handshake long before.
  [[nodiscard]] pollfd watched() const;
  void on_ready(const std::function<bool()>& command_has_arrived);

  [[nodiscard]] IoStatus await_connection();
  [[nodiscard]] IoStatus finish_handshake();
  [[nodiscard]] Stream& stream() { return *stream_; }
  [[nodiscard]] TlsPeer& peer() { return peer_; }
  // Looked at by the caller after finish_handshake().
  [[nodiscard]] bool resumption_acceptable(SSL* control, bool refused_by_fault) const;

 private:
  bool try_accept();
  [[nodiscard]] IoStatus connect_active();
  void start_tls();
  void step_early_handshake();
  void look_for_early_hello(const std::function<bool()>& command_has_arrived);
  void conclude_handshake(IoStatus status);

  const SessionEnvironment& environment_;
  const Wakeup& wakeup_;
  std::string owner_;
  UniqueFd listener_;
  TlsPeer peer_;
  std::optional<Stream> stream_;
  bool watch_stream_ = false;
  bool concluded_ = false;
  bool clear_ = false;
  std::uint16_t active_port_ = 0;
};

}  // namespace ftpsfs::testing
