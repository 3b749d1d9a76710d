#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::tls {

// The secrets of TLS sessions, one per line, for programs that decrypt recorded traffic (SSLKEYLOGFILE format,
// draft-ietf-tls-keylogfile). Thread safe.
class KeyLog {
 public:
  // Creates the file for its owner alone, or goes on with one that is. Errors name the option.
  static base::Result<std::unique_ptr<KeyLog>> open(const std::string& path);

  // Adds a line in one piece. What cannot be written is left out.
  void write_line(std::string_view line) const;

 private:
  explicit KeyLog(base::UniqueFd file) : file_(std::move(file)) {}
  base::UniqueFd file_;
};

}  // namespace ftpsfs::tls
