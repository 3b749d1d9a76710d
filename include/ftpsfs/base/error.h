#pragma once

// The one error type of every layer. An Error says what went wrong in the file system's terms (Errc), in a sentence
// for a person (message), and in the server's own words when it spoke (server_reply).
// Only two places translate: ftp::classify (reply -> Error) and fuse::to_errno (Error -> errno).

#include <expected>
#include <string>
#include <string_view>

namespace ftpsfs::base {

enum class Errc {
  not_found,          // the path does not exist
  exists,             // the path exists and must not
  not_empty,          // the directory has entries
  not_a_directory,    //
  is_a_directory,     //
  permission_denied,  // the server denies this path to this user
  not_permitted,      // the operation is not possible for anyone on this server
  read_only,          // the server or the mount takes no changes
  no_space,           // 452/552: the server's disk is full
  quota_exceeded,     // 552: the user's quota is used up
  file_too_large,     //
  name_invalid,       // the name cannot exist on an FTP server or on this one
  name_too_long,      //
  invalid_argument,   //
  not_supported,      // the server lacks the command
  busy,               // the file is in use, or the server is momentarily unable
  login_refused,      // 530: wrong user or password
  too_many_sessions,  // the server takes no further control connection
  tls_refused,        // the server does not want TLS, or both share no version or cipher
  tls_untrusted,      // chain, host name, pin, or data channel's certificate not as required
  tls_not_resumed,    // the server demands a resumed session on the data channel and did not get one
  unreachable,        // no TCP connection, or the name does not resolve
  timed_out,          // the deadline of the operation passed
  cancelled,          // the caller's stop token fired
  connection_lost,    // an established connection broke
  protocol_error,     // the peer said something that FTP does not allow
  stale,              // the file changed on the server under an open handle
  local_io,           // the local disk (spool) failed
  internal,           // a bug or an exhausted local resource
};

std::string_view to_string(Errc code);

struct Error {
  Errc code = Errc::internal;
  std::string message;
  std::string server_reply;  // verbatim, may be empty, may span lines; control characters not yet escaped

  // One line for the log: message and, in quotes and with control characters escaped, the server's words.
  std::string describe() const;
};

template <class T>
using Result = std::expected<T, Error>;

using Status = Result<void>;

inline std::unexpected<Error> fail(Errc code, std::string message, std::string server_reply = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(server_reply)});
}

// Passes on the error of another Result.
template <class T>
std::unexpected<Error> fail(Result<T>&& result) {
  return std::unexpected(std::move(result).error());
}

// Text from outside made safe for one log line: control characters and backslashes escaped, at most `limit` bytes.
std::string printable(std::string_view text, std::size_t limit = 512);

}  // namespace ftpsfs::base
