#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "openssl_ptr.h"
#include "wakeup.h"

namespace ftpsfs::testing {

enum class IoStatus { ok, would_block, close_notify, eof, failed, timed_out, cancelled };

struct IoResult {
  IoStatus status = IoStatus::failed;
  std::size_t bytes = 0;
};

// A non-blocking socket, in clear or under TLS. Belongs to one thread. The waiting functions give up when the
// wakeup is cancelled or after the limit. (eof is the end of the socket without a close_notify.)
class Stream {
 public:
  Stream(UniqueFd fd, const Wakeup& wakeup, std::chrono::milliseconds limit);
  Stream(Stream&&) = default;
  Stream& operator=(Stream&&) = delete;
  ~Stream() { close(); }

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool is_open() const { return fd_.valid(); }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  [[nodiscard]] bool handshake_done() const { return handshake_done_; }
  // The poll() events the last would_block asked for.
  [[nodiscard]] short wanted() const { return wanted_; }

  void start_tls(SslPtr ssl) { ssl_ = std::move(ssl); }
  IoStatus step_handshake();
  IoStatus finish_handshake();

  IoResult try_read(std::span<char> buffer);
  IoResult read(std::span<char> buffer);
  // The number of bytes counts what has been handed over even if the end is not reached.
  IoResult write_all(std::string_view data);
  IoStatus send_close_notify();
  // Discards what still arrives until the client's close_notify or its end of the socket.
  void drain(bool until_fin);

  void close();
  void reset();  // RST

 private:
  IoStatus status_of(int result);
  [[nodiscard]] short wanted_events(int result) const;
  IoStatus wait(short events);
  IoResult try_write(std::string_view data, short& events);

  UniqueFd fd_;
  SslPtr ssl_;
  const Wakeup* wakeup_;
  std::chrono::milliseconds limit_;
  short wanted_ = 0;
  bool handshake_done_ = false;
  bool broken_ = false;
};

}  // namespace ftpsfs::testing
