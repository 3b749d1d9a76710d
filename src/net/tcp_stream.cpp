#include "tcp_stream.h"

#include <sys/socket.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace ftpsfs::net {

using base::Errc;
using base::fail;
using base::Result;

namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

std::unexpected<base::Error> lost(int error) {
  return fail(Errc::connection_lost, fmt::format("the connection broke: {}", std::strerror(error)));
}

}  // namespace

Result<IoStep> TcpStream::try_read(std::span<std::byte> out) {
  const ssize_t count = ::recv(socket_.get(), out.data(), out.size(), 0);
  if (count > 0) return IoStep{IoState::done, static_cast<std::size_t>(count)};
  if (count == 0) return IoStep{IoState::end_of_stream};
  if (would_block(errno)) return IoStep{IoState::want_read};
  return lost(errno);
}

Result<IoStep> TcpStream::try_write(std::span<const std::byte> data) {
  const ssize_t count = ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
  if (count >= 0) return IoStep{IoState::done, static_cast<std::size_t>(count)};
  if (would_block(errno)) return IoStep{IoState::want_write};
  return lost(errno);
}

Result<IoStep> TcpStream::try_finish_writing() {
  if (::shutdown(socket_.get(), SHUT_WR) != 0) return lost(errno);
  return IoStep{IoState::done};
}

void TcpStream::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_.reset();
}

}  // namespace ftpsfs::net
