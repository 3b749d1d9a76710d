#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "control_session.h"
#include "counters.h"
#include "faults.h"
#include "personality.h"
#include "session_environment.h"
#include "tls_material.h"

namespace ftpsfs::testing {

struct ServerOptions {
  std::filesystem::path root;  // must exist
  Personality personality = permissive();
  Account account;
  std::uint16_t port = 0;  // 0: an ephemeral one, kept over stop() and start()
  bool implicit_tls = false;
  bool ipv6 = false;  // on ::1 instead of 127.0.0.1
  // Bound for each wait of the server for its client (data connection, handshake, data).
  std::chrono::milliseconds io_limit{60000};
  // A fresh P-256 certificate if null. Share one between servers to save time.
  std::shared_ptr<const TlsMaterial> material;
};

// An FTPS server (RFC 959, 2389, 2428, 3659, 4217) for tests: real sockets on 127.0.0.1, real TLS, real files
// below options.root, with the manners of a Personality and with Faults on demand. Data
// connections are protected unless the personality allows PROT C.
//
// One thread accepts, and each control connection has a thread of its own, in which its commands are executed
// one after the other: what arrives during a transfer stays unread until it has ended. All member functions
// may be called from any thread, start() and stop() from one at a time. Errors of the operating system and of
// OpenSSL throw. The process's umask decides about the modes of new files.
class Server {
 public:
  explicit Server(ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // stops

  // Binds and listens; connections are possible as soon as it returns. A restart has the same port,
  // certificate, counters and faults, but new ticket keys.
  void start();
  // Closes the listener and all connections (without close_notify), also in the middle of transfers and of
  // stalled faults, and joins all threads. Does nothing if it is not running.
  void stop();
  // Only while it is stopped.
  void set_personality(Personality personality);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const TlsMaterial& material() const { return *options_.material; }
  [[nodiscard]] const std::string& fingerprint() const { return options_.material->fingerprint(); }

  [[nodiscard]] Faults& faults() { return faults_; }
  [[nodiscard]] Counters& counters() { return counters_; }
  [[nodiscard]] CounterSnapshot snapshot() const { return counters_.snapshot(); }

  // Close control connections now and give how many; transfers are cut. They return before the sessions have
  // ended: wait on counters().wait_until(control_alive == 0) where that matters.
  std::size_t drop_all_control_connections(CutStyle style = CutStyle::abrupt);
  // Only those that wait for a command, as an idle time-out does.
  std::size_t drop_idle_connections(CutStyle style = CutStyle::clean);
  // An unsolicited reply (CRLF is added) on each connection that waits for a command.
  std::size_t send_to_idle_connections(const std::string& text);

 private:
  struct Client {
    std::unique_ptr<ControlSession> session;
    std::thread thread;
  };

  void accept_loop();
  void admit(UniqueFd socket);
  void reap_finished();
  template <typename Action>
  std::size_t for_each_session(Action action);

  ServerOptions options_;
  PathResolver resolver_;
  std::atomic<std::uint16_t> port_;
  Faults faults_;
  Counters counters_;
  std::uint64_t connections_ = 0;

  // From start() to stop().
  std::unique_ptr<Wakeup> wakeup_;
  std::unique_ptr<TlsServerContext> tls_;
  std::unique_ptr<SessionEnvironment> environment_;
  UniqueFd listener_;
  std::thread acceptor_;

  std::mutex clients_mutex_;
  std::list<Client> clients_;
};

}  // namespace ftpsfs::testing
