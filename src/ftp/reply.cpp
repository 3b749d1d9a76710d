#include "ftpsfs/ftp/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "text.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::Result;

namespace {

// "220", "220 text" or "220-text"; codes beyond 5yz are RFC 2228's protected replies, which nobody asked for.
std::optional<int> leading_code(std::string_view line) {
  if (line.size() < 3 || line[0] < '1' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]))
    return std::nullopt;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return std::nullopt;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

std::string after_code(std::string_view line) { return std::string(line.substr(line.size() > 3 ? 4 : 3)); }

// What some servers put before a reply: blanks, and NULs of a terminal's line ends.
void drop_padding(std::string& line) {
  line.erase(0, std::min(line.find_first_not_of(std::string_view(" \t\0", 3)), line.size()));
}

bool opens_more_lines(std::string_view line) { return line.size() > 3 && line[3] == '-'; }

}  // namespace

std::string Reply::text() const {
  std::string joined = fmt::format("{}", code);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) {
      joined += '\n';
    } else if (!lines[0].empty()) {
      joined += ' ';
    }
    joined += lines[i];
  }
  return joined;
}

void ReplyParser::feed(std::string_view bytes) {
  buffer_.erase(0, consumed_);
  scanned_ -= consumed_;
  consumed_ = 0;
  buffer_ += bytes;
}

Result<std::optional<std::string>> ReplyParser::next_line() {
  const auto end = buffer_.find('\n', scanned_);
  const auto length = (end == std::string::npos ? buffer_.size() : end) - consumed_;
  if (length > kLongestLine) {
    return fail(Errc::protocol_error,
                fmt::format("the server sent a reply line of more than {} bytes", kLongestLine));
  }
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    return std::optional<std::string>();
  }
  std::string line = buffer_.substr(consumed_, length);
  while (line.ends_with('\r')) line.pop_back();
  consumed_ = scanned_ = end + 1;
  if (consumed_ == buffer_.size()) {
    buffer_.clear();
    consumed_ = scanned_ = 0;
  }
  return std::optional(std::move(line));
}

base::Status ReplyParser::add_line(std::string line) {
  partial_bytes_ += line.size();
  if (partial_bytes_ > kLongestReply || partial_->lines.size() >= kMostLines) {
    return fail(Errc::protocol_error, "the server sent a reply that is too long");
  }
  partial_->lines.push_back(std::move(line));
  return {};
}

Result<std::optional<Reply>> ReplyParser::next() {
  for (;;) {
    auto line = next_line();
    if (!line) return fail(std::move(line));
    if (!*line) return std::optional<Reply>();
    std::string& text = **line;
    if (!partial_) {
      drop_padding(text);
      if (text.empty()) continue;
    }
    const auto code = leading_code(text);
    bool last = false;
    if (!partial_) {
      if (!code) {
        return fail(Errc::protocol_error, "the server sent a line that is no FTP reply", text.substr(0, 512));
      }
      partial_ = Reply{.code = *code, .lines = {}};
      partial_bytes_ = 0;
      last = !opens_more_lines(text);
      if (auto ok = add_line(after_code(text)); !ok) return fail(std::move(ok));
    } else {
      last = code == partial_->code && !opens_more_lines(text);
      if (auto ok = add_line(last ? after_code(text) : text); !ok) return fail(std::move(ok));
    }
    if (last) return std::exchange(partial_, std::nullopt);
  }
}

}  // namespace ftpsfs::ftp
