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

constexpr std::size_t kLongestReport = 512;

// "220", "220 text" or "220-text"; codes beyond 5yz are RFC 2228's protected replies, which nobody asked for.
std::optional<int> leading_code(std::string_view line) {
  if (line.size() < 3 || line[0] < '1' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]))
    return std::nullopt;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return std::nullopt;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

std::string after_code(std::string_view line) { return std::string(line.substr(line.size() > 3 ? 4 : 3)); }

std::string_view without_end(std::string_view line) {
  line.remove_suffix(1);
  while (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// What some servers put before a reply: blanks, and NULs of a terminal's line ends.
std::string_view without_padding(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(std::string_view(" \t\0", 3)), line.size()));
  return line;
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

// With its end; empty when more bytes are needed. Valid until more are fed.
Result<std::string_view> ReplyParser::next_line() {
  const auto end = buffer_.find('\n', scanned_);
  const auto length = (end == std::string::npos ? buffer_.size() : end) - consumed_;
  if (length > kLongestLine) {
    return fail(Errc::protocol_error,
                fmt::format("the server sent a reply line of more than {} bytes", kLongestLine));
  }
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    return std::string_view();
  }
  const auto line = std::string_view(buffer_).substr(consumed_, length + 1);
  consumed_ = scanned_ = end + 1;
  return line;
}

base::Status ReplyParser::add_line(std::string line) {
  partial_bytes_ += line.size();
  if (partial_bytes_ > kLongestReply || partial_->lines.size() >= kMostLines) {
    return fail(Errc::protocol_error, "the server sent a reply that is too long");
  }
  partial_->lines.push_back(std::move(line));
  return {};
}

base::Status ReplyParser::begin_reply(std::string_view text) {
  const auto code = leading_code(text);
  if (!code) {
    return fail(Errc::protocol_error, "the server sent a line that is no FTP reply",
                std::string(text.substr(0, kLongestReport)));
  }
  partial_ = Reply{.code = *code, .lines = {}};
  partial_bytes_ = 0;
  return add_line(after_code(text));
}

// Whether this line was the last.
Result<bool> ReplyParser::continue_reply(std::string_view line) {
  const auto text = without_end(line);
  const bool may_be_last = leading_code(text) == partial_->code && !opens_more_lines(text);
  if (!sink_ || !partial_->completed()) {
    if (auto ok = add_line(may_be_last ? after_code(text) : std::string(text)); !ok)
      return fail(std::move(ok));
    return may_be_last;
  }
  const bool last = may_be_last && behind_crlf_;
  behind_crlf_ = line.ends_with("\r\n");
  auto ok = last ? add_line(after_code(text)) : sink_(line);
  if (!ok) return fail(std::move(ok));
  return last;
}

Result<std::optional<Reply>> ReplyParser::next() {
  for (;;) {
    auto line = next_line();
    if (!line) return fail(std::move(line));
    if (line->empty()) return std::optional<Reply>();
    bool last = false;
    if (partial_) {
      auto ended = continue_reply(*line);
      if (!ended) return fail(std::move(ended));
      last = *ended;
    } else {
      const auto text = without_padding(without_end(*line));
      if (text.empty()) continue;
      if (auto ok = begin_reply(text); !ok) return fail(std::move(ok));
      behind_crlf_ = line->ends_with("\r\n");
      last = !opens_more_lines(text);
    }
    if (last) return std::exchange(partial_, std::nullopt);
  }
}

}  // namespace ftpsfs::ftp
