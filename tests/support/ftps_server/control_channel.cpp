#include "control_channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace ftpsfs::testing {

namespace {

// RFC 854: interrupt process and data mark, sent by some clients before ABOR.
constexpr std::string_view kTelnetSynch = "\xFF\xF4\xFF\xF2";

}  // namespace

ControlChannel::ControlChannel(UniqueFd socket, const Wakeup& wakeup, std::chrono::milliseconds limit,
                               std::size_t most_line_bytes)
    : stream_(std::move(socket), wakeup, limit), most_line_bytes_(most_line_bytes) {}

bool ControlChannel::take_buffered(std::string& line) {
  const auto end = buffer_.find('\n');
  if (end == std::string::npos) return false;
  line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  if (line.ends_with('\r')) line.pop_back();
  if (line.starts_with(kTelnetSynch)) line.erase(0, kTelnetSynch.size());
  return true;
}

ControlChannel::Line ControlChannel::next_line(std::string& line) {
  for (;;) {
    if (take_buffered(line)) return line.size() > most_line_bytes_ ? Line::too_long : Line::complete;
    if (buffer_.size() > most_line_bytes_) return Line::too_long;
    const IoStatus status = fill();
    if (status == IoStatus::would_block) return Line::incomplete;
    if (status != IoStatus::ok) return Line::ended;
  }
}

IoStatus ControlChannel::fill() {
  if (stream_.ssl() == nullptr) return fill_clear();
  std::array<char, 16384> chunk{};
  const IoResult result = stream_.try_read(chunk);
  buffer_.append(chunk.data(), result.bytes);
  return result.status;
}

IoStatus ControlChannel::fill_clear() {
  std::array<char, 4096> chunk{};
  const auto seen = ::recv(stream_.fd(), chunk.data(), chunk.size(), MSG_PEEK);
  if (seen < 0) return errno == EAGAIN || errno == EINTR ? IoStatus::would_block : IoStatus::failed;
  if (seen == 0) return IoStatus::eof;
  const auto end = std::find(chunk.begin(), chunk.begin() + seen, '\n');
  const auto wanted = static_cast<std::size_t>(end - chunk.begin()) + (end == chunk.begin() + seen ? 0U : 1U);
  const IoResult result = stream_.try_read(std::span(chunk).first(wanted));
  buffer_.append(chunk.data(), result.bytes);
  return result.status;
}

IoStatus ControlChannel::send(std::string_view raw) { return stream_.write_all(raw).status; }

void ControlChannel::close(CutStyle style) {
  if (!stream_.is_open()) return;
  if (style == CutStyle::clean) stream_.send_close_notify();
  if (style == CutStyle::reset) {
    stream_.reset();
    return;
  }
  // Unread input would turn the FIN into a RST, which could overtake the last reply on its way to the reader.
  ::shutdown(stream_.fd(), SHUT_WR);
  if (style == CutStyle::clean) discard_clear_leftover();
  stream_.close();
}

bool ControlChannel::has_input() const {
  if (!buffer_.empty()) return true;
  pollfd waiting{stream_.fd(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

bool ControlChannel::has_clear_leftover() const {
  char byte = 0;
  return ::recv(stream_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void ControlChannel::discard_clear_leftover() {
  std::array<char, 4096> waste{};
  while (::recv(stream_.fd(), waste.data(), waste.size(), MSG_DONTWAIT) > 0) {
  }
}

}  // namespace ftpsfs::testing
