#include "stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace ftpsfs::testing {

namespace {

constexpr std::chrono::seconds kDrainLimit{10};

bool is_unexpected_eof(unsigned long error) {
  return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

}  // namespace

Stream::Stream(UniqueFd fd, const Wakeup& wakeup, std::chrono::milliseconds limit)
    : fd_(std::move(fd)), wakeup_(&wakeup), limit_(limit) {
  ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
  const int one = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

IoStatus Stream::status_of(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE: return IoStatus::ok;
    case SSL_ERROR_WANT_READ: wanted_ = POLLIN; return IoStatus::would_block;
    case SSL_ERROR_WANT_WRITE: wanted_ = POLLOUT; return IoStatus::would_block;
    case SSL_ERROR_ZERO_RETURN: return IoStatus::close_notify;
    case SSL_ERROR_SSL:
      broken_ = true;
      return is_unexpected_eof(ERR_peek_error()) ? IoStatus::eof : IoStatus::failed;
    default: broken_ = true; return IoStatus::failed;
  }
}

IoStatus Stream::wait(short events) {
  switch (wakeup_->wait(fd_.get(), events, limit_)) {
    case Ready::ready: return IoStatus::ok;
    case Ready::timed_out: return IoStatus::timed_out;
    case Ready::cancelled: break;
  }
  return IoStatus::cancelled;
}

IoStatus Stream::step_handshake() {
  if (handshake_done_) return IoStatus::ok;
  if (broken_ || !is_open()) return IoStatus::failed;
  ERR_clear_error();
  const IoStatus status = status_of(SSL_accept(ssl_.get()));
  handshake_done_ = status == IoStatus::ok;
  return status;
}

IoStatus Stream::finish_handshake() {
  for (;;) {
    const IoStatus status = step_handshake();
    if (status != IoStatus::would_block) return status;
    if (const IoStatus waited = wait(wanted_); waited != IoStatus::ok) return waited;
  }
}

IoResult Stream::try_read(std::span<char> buffer) {
  if (broken_ || !is_open()) return {IoStatus::failed, 0};
  if (ssl_) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &bytes);
    return {result == 1 ? IoStatus::ok : status_of(result), bytes};
  }
  const auto bytes = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (bytes > 0) return {IoStatus::ok, static_cast<std::size_t>(bytes)};
  if (bytes == 0) return {IoStatus::eof, 0};
  if (errno != EAGAIN && errno != EINTR) return {IoStatus::failed, 0};
  wanted_ = POLLIN;
  return {IoStatus::would_block, 0};
}

IoResult Stream::read(std::span<char> buffer) {
  for (;;) {
    const IoResult result = try_read(buffer);
    if (result.status != IoStatus::would_block) return result;
    if (const IoStatus waited = wait(wanted_); waited != IoStatus::ok) return {waited, 0};
  }
}

IoResult Stream::try_write(std::string_view data, short& events) {
  if (broken_ || !is_open()) return {IoStatus::failed, 0};
  if (ssl_) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &bytes);
    const IoStatus status = result == 1 ? IoStatus::ok : status_of(result);
    events = wanted_;
    return {status, bytes};
  }
  const auto bytes = ::send(fd_.get(), data.data(), data.size(), MSG_NOSIGNAL);
  if (bytes >= 0) return {IoStatus::ok, static_cast<std::size_t>(bytes)};
  if (errno != EAGAIN && errno != EINTR) return {IoStatus::failed, 0};
  events = POLLOUT;
  return {IoStatus::would_block, 0};
}

IoResult Stream::write_all(std::string_view data) {
  std::size_t done = 0;
  while (done < data.size()) {
    // A client that reads all the time would otherwise keep a long transfer from noticing stop().
    if (wakeup_->cancelled()) return {IoStatus::cancelled, done};
    short events = 0;
    const IoResult result = try_write(data.substr(done), events);
    if (result.status == IoStatus::ok) {
      done += result.bytes;
    } else if (result.status != IoStatus::would_block) {
      return {result.status, done};
    } else if (const IoStatus waited = wait(events); waited != IoStatus::ok) {
      return {waited, done};
    }
  }
  return {IoStatus::ok, done};
}

IoStatus Stream::send_close_notify() {
  if (!ssl_ || !handshake_done_ || broken_ || !is_open()) return IoStatus::failed;
  for (;;) {
    ERR_clear_error();
    const int result = SSL_shutdown(ssl_.get());
    if (result >= 0) return IoStatus::ok;
    const IoStatus status = status_of(result);
    if (status != IoStatus::would_block) return status;
    if (wanted_ == POLLIN) return IoStatus::ok;  // sent; only the other side's is missing
    if (const IoStatus waited = wait(wanted_); waited != IoStatus::ok) return waited;
  }
}

void Stream::drain(bool until_fin) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(limit_, kDrainLimit);
  std::array<char, 16384> waste{};
  const auto in_time = [&] { return std::chrono::steady_clock::now() < deadline; };
  while (in_time() && ssl_ && !broken_ && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) == 0) {
    if (read(waste).status != IoStatus::ok) break;
  }
  while (until_fin && in_time() && is_open()) {
    if (wait(POLLIN) != IoStatus::ok) break;
    const auto bytes = ::recv(fd_.get(), waste.data(), waste.size(), 0);
    if (bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR)) break;
  }
}

void Stream::close() {
  // OpenSSL would drop the session from the cache if the object were freed without this.
  if (ssl_ && handshake_done_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  fd_.reset();
}

void Stream::reset() {
  if (!is_open()) return;
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

}  // namespace ftpsfs::testing
