#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ftpsfs::testing {

// One command line as it arrived, PASS masked. Connections are numbered from 1 in the order of accept().
struct LoggedCommand {
  std::uint64_t connection = 0;
  std::string line;
};

// What the server has seen since it was made (or since Counters::reset). A plain copyable value.
struct CounterSnapshot {
  std::uint64_t control_connections = 0;  // accepted, refused ones included
  std::uint64_t control_alive = 0;
  std::uint64_t control_refused = 0;  // by the connection limit
  std::uint64_t logins = 0;
  std::uint64_t control_handshakes_full = 0;
  std::uint64_t control_handshakes_resumed = 0;
  std::uint64_t client_certificates = 0;  // shown and accepted, in full handshakes
  std::uint64_t data_connections = 0;     // accepted
  std::uint64_t data_handshakes_full = 0;
  std::uint64_t data_handshakes_resumed = 0;
  std::uint64_t data_handshakes_failed = 0;
  std::uint64_t data_resumed_foreign = 0;  // resumed, but not from a session of its own control connection
  std::uint64_t resumption_refused = 0;
  std::uint64_t hello_retry_requests = 0;  // control and data
  // The ClientHello of a data connection was there while its transfer command certainly was not. (Sent in the
  // same instant in the wrong order they may look right, so repeat the transfer. Not looked for when the data
  // connection starts TLS at accept.)
  std::uint64_t client_hello_before_command = 0;
  std::uint64_t downloads_complete = 0;  // listings included
  std::uint64_t downloads_aborted = 0;
  std::uint64_t uploads_complete = 0;  // ended by close_notify
  std::uint64_t uploads_without_close_notify = 0;
  std::uint64_t uploads_aborted = 0;
  std::uint64_t bytes_sent = 0;      // payload on data connections
  std::uint64_t bytes_received = 0;  // payload on data connections
  std::uint64_t transfers_now = 0;
  std::uint64_t transfers_most = 0;  // the most at one time
  std::map<std::string, std::uint64_t, std::less<>> commands;
  std::deque<LoggedCommand> log;  // the latest kLogLimit commands

  [[nodiscard]] std::uint64_t command_count(std::string_view verb) const;
  // Lines of the log, of one connection or (0) of all.
  [[nodiscard]] std::vector<std::string> lines(std::uint64_t connection = 0) const;
};

// Thread-safe.
class Counters {
 public:
  static constexpr std::size_t kLogLimit = 20000;

  void add(std::uint64_t CounterSnapshot::* member, std::uint64_t amount = 1);
  void subtract(std::uint64_t CounterSnapshot::* member);
  std::uint64_t add_control_connection();  // gives how many are alive now
  void begin_transfer();
  void end_transfer();
  void log_command(std::uint64_t connection, std::string_view verb, std::string_view line);

  [[nodiscard]] CounterSnapshot snapshot() const;
  // Keeps what describes the present (control_alive, transfers_now), forgets the rest.
  void reset();
  // Blocks until the predicate holds; false if it does not within the limit.
  bool wait_until(const std::function<bool(const CounterSnapshot&)>& predicate,
                  std::chrono::milliseconds limit) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  CounterSnapshot values_;
};

}  // namespace ftpsfs::testing
