#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ftpsfs/base/error.h"

namespace ftpsfs::ftp {

// One reply of the control connection (RFC 959 4.2): a three-digit code and one or more lines of text.
struct Reply {
  int code = 0;                    // 100 to 599
  std::vector<std::string> lines;  // without code and line end; continuation lines as they came

  bool preliminary() const { return code / 100 == 1; }
  bool completed() const { return code / 100 == 2; }
  bool intermediate() const { return code / 100 == 3; }
  bool refused() const { return code >= 400; }

  // "550 x: No such file or directory"; lines joined with "\n". As long as the reply: shorten it before keeping it.
  std::string text() const;
};

// Cuts a byte stream into replies. Tolerates what servers do: continuation lines that begin with anything or repeat the
// code with '-', LF instead of CR LF, blanks and NULs before a reply, empty lines between replies. Three things it does
// not guess at, since each could put commands and replies out of step for good: a CR alone ends no line (names may hold
// one), a blank before the code ends no multi-line reply (RFC 959 4.2 indents such lines), and neither does another
// code (vsftpd's STAT shows names that begin with digits). Bounded: a line, a reply's lines and a reply's bytes each
// have a limit, and more is a protocol_error after which the parser must not be used again; so is a line that begins no
// reply. Codes of 6yz are none. Not thread safe.
class ReplyParser {
 public:
  static constexpr std::size_t kLongestLine = 16 << 10;  // bytes
  static constexpr std::size_t kLongestReply = 4 << 20;  // bytes, all lines together
  static constexpr std::size_t kMostLines = 64 << 10;

  // Takes the next bytes from the server.
  void feed(std::string_view bytes);

  // The next complete reply, or nothing when more bytes are needed.
  base::Result<std::optional<Reply>> next();

  // Takes what stands between the first and the last line of a reply, a line with its end at a time. An error is next()'s.
  using LineSink = std::function<base::Status(std::string_view)>;

  // Passes on the lines of a listing that comes as a reply (2yz to STAT) instead of keeping them, as many as there are;
  // an empty sink ends that. Such a reply ends behind a CR LF only: vsftpd shows a LF in a name as it is.
  void pass_lines_to(LineSink sink) { sink_ = std::move(sink); }

  // Bytes fed and not yet returned in a reply. After AUTH there must be none: what a man in the middle put
  // behind the reply would otherwise be taken for protected text.
  bool has_leftover() const { return consumed_ < buffer_.size() || partial_.has_value(); }

 private:
  base::Result<std::string_view> next_line();
  base::Status begin_reply(std::string_view text);
  base::Result<bool> continue_reply(std::string_view line);
  base::Status add_line(std::string line);

  std::string buffer_;
  std::size_t consumed_ = 0;
  std::size_t scanned_ = 0;  // no line end between consumed_ and here
  std::optional<Reply> partial_;
  std::size_t partial_bytes_ = 0;
  LineSink sink_;
  bool behind_crlf_ = false;
};

// What a reply carries (RFC 959, 2428, 3659). Each parser gives nothing for anything unexpected.

// 229 … (|||port|), any delimiter but digits; the parentheses may be missing.
std::optional<std::uint16_t> parse_epsv_port(const Reply& reply);

// 227 h1,h2,h3,h4,p1,p2 with or without parentheses, and with blanks beside the commas.
struct PassiveAddress {
  std::array<std::uint8_t, 4> host{};
  std::uint16_t port = 0;  // not 0

  friend bool operator==(const PassiveAddress&, const PassiveAddress&) = default;
};
std::optional<PassiveAddress> parse_pasv(const Reply& reply);

// 257 "…", doubled quotes undone when consistent (Pure-FTPd does not double them).
std::optional<std::string> parse_quoted_path(const Reply& reply);
// 213 n.
std::optional<std::uint64_t> parse_size(const Reply& reply);

}  // namespace ftpsfs::ftp
