#pragma once

// What is mounted: the SOURCE argument.
//
//   ftpes://[user@]host[:port][/path]   explicit TLS (AUTH TLS, RFC 4217), port 21
//   ftps://[user@]host[:port][/path]    implicit TLS, port 990
//   [user@]host[:port][/path]           explicit TLS, port 21
//   [user@]host:/path                   the same in the shape of sshfs and nfs
//   ftp://…                             only together with tls=none
//
// An IPv6 address stands in brackets. User and path of a URL are percent-decoded, those of the other shapes are not.
// Without a path the login directory is mounted; a path, even "/", counts from the server's root.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::app {

enum class TlsMode {
  explicit_tls,  // AUTH TLS on a clear-text port
  implicit_tls,  // TLS from the first byte
  none,          // clear text, only when the user asked for it
};

struct Source {
  TlsMode tls = TlsMode::explicit_tls;
  std::string user;  // empty when the source names none
  std::string host;  // name, IPv4 or IPv6 address without brackets; never begins with '-'
  std::uint16_t port = 21;
  std::optional<model::RemotePath> path;  // absent: the login directory

  // For mount(8), df and the log; never holds a password.
  std::string display() const;
};

// `tls` is the value of the option tls=, which overrides what a source without a scheme means and must agree with the
// scheme of one that has it. invalid_argument with a sentence that says how to write it right.
base::Result<Source> parse_source(std::string_view text, std::optional<TlsMode> tls);

}  // namespace ftpsfs::app
