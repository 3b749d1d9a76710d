#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "wakeup.h"

namespace ftpsfs::testing {

enum class CutPoint {
  none,
  before_execute,
  after_preliminary,
  after_bytes,
  before_final_reply,
  after_final_reply
};
enum class CutStyle { clean /* close_notify, FIN */, abrupt /* FIN only */, reset /* RST */ };

// What goes wrong with one command. Everything that is set applies; the default value does nothing.
struct Fault {
  // Given instead of the command's own final reply (text without the last CRLF). Unless execute_anyway is set
  // the command is not executed at all.
  std::optional<std::string> replace_reply = std::nullopt;
  bool execute_anyway = false;

  std::chrono::milliseconds delay_reply{0};  // the command has been executed by then
  bool hold_reply = false;                   // the same, until FaultHandle::release()

  // Closes the control connection, and a running transfer's data connection with it.
  CutPoint cut_control = CutPoint::none;
  CutStyle cut_style = CutStyle::abrupt;
  std::string clear_text_at_end = {};  // raw, below TLS, just before such an end (vsftpd's "500 OOPS: …")

  std::uint64_t data_bytes = 0;  // where after_bytes, reset_data and stall_data take effect
  bool reset_data = false;       // RST on the data connection after data_bytes
  // Neither sends nor receives after data_bytes until released or reset by the client.
  bool stall_data = false;
  bool no_close_notify = false;  // the data connection ends with FIN only
  bool refuse_resumption = false;
  bool new_ticket = false;  // TLS 1.3: one more on the control connection, in front of the final reply

  bool hello_is_a_command =
      false;  // AUTH: the ClientHello is answered in clear text (ftp-srv, when it comes soon)

  // Raw bytes in a write of their own just before the final reply, e.g. a second 150.
  std::string before_reply = {};
  // Raw bytes in the same write as the final reply: an unsolicited reply, or, with AUTH, clear text injected
  // before the handshake.
  std::string after_reply = {};

  static Fault reply_with(std::string text);
  static Fault cut(CutPoint point, CutStyle style = CutStyle::abrupt);
  static Fault stall_after(std::uint64_t bytes);
  static Fault reset_after(std::uint64_t bytes);
};

// Shared between the test and the sessions that hit the fault. Thread-safe.
class FaultState {
 public:
  explicit FaultState(Fault spec) : spec_(std::move(spec)) {}

  [[nodiscard]] const Fault& spec() const { return spec_; }
  void note_fired() { fired_.fetch_add(1); }
  void note_reached() { reached_.fetch_add(1); }
  void release() { released_.store(true); }
  [[nodiscard]] std::uint64_t fired() const { return fired_.load(); }
  [[nodiscard]] std::uint64_t reached() const { return reached_.load(); }
  [[nodiscard]] bool released() const { return released_.load(); }

 private:
  const Fault spec_;
  std::atomic<std::uint64_t> fired_{0};
  std::atomic<std::uint64_t> reached_{0};
  std::atomic<bool> released_{false};
};

class FaultHandle {
 public:
  explicit FaultHandle(std::shared_ptr<FaultState> state) : state_(std::move(state)) {}

  void release() { state_->release(); }
  // How many commands it was applied to.
  [[nodiscard]] std::uint64_t fired() const { return state_->fired(); }
  // Blocks until a session sits in the stall or in the held reply; false if none does within the limit.
  [[nodiscard]] bool wait_reached(std::chrono::milliseconds limit) const;

 private:
  std::shared_ptr<FaultState> state_;
};

// The script. Thread-safe; may be changed while the server runs.
class Faults {
 public:
  // Stands for the 220 in on_command(), as if a command had asked for it.
  static constexpr const char* kGreeting = "greeting";

  // Stands for every command, logins included.
  static constexpr const char* kAnyCommand = "*";

  // nth counts the commands with this verb, over all connections, from now on and from 1; 0 means every one.
  // SITE commands are named by both words ("SITE CHMOD").
  FaultHandle on_command(std::string verb, std::uint64_t nth, Fault fault);
  // The same for all of them from the nth on.
  FaultHandle from_command(std::string verb, std::uint64_t nth, Fault fault);
  // Releases everything that is held or stalled and forgets the script.
  void clear();

  // More control connections than this get the reply (raw, CRLF is added; none if it is empty) instead of a greeting,
  // and of TLS where that comes first. 0 is no limit.
  void limit_connections(std::size_t most, std::string reply = "421 There are too many connections.");

  // For the server itself: counts the command, gives the fault it hits.
  [[nodiscard]] std::shared_ptr<FaultState> match(std::string_view verb);
  [[nodiscard]] std::optional<std::string> refuse_connection(std::size_t alive) const;

 private:
  struct Entry {
    std::string verb;
    std::uint64_t nth = 0;
    std::uint64_t seen = 0;
    bool and_later = false;
    std::shared_ptr<FaultState> state;
  };

  FaultHandle add(Entry entry);

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::size_t most_connections_ = 0;
  std::string limit_reply_;
};

}  // namespace ftpsfs::testing
