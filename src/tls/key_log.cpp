#include "key_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ftpsfs/base/log.h"
#include "ftpsfs/base/secret.h"

namespace ftpsfs::tls {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

namespace {

// Whoever reads it reads passwords and files.
Status check_owner(int fd, const std::string& shown) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(Errc::invalid_argument, fmt::format("keylog={} is not a regular file", shown));
  }
  if (status.st_uid != ::geteuid()) {
    return fail(Errc::permission_denied, fmt::format("keylog={} belongs to somebody else", shown));
  }
  if ((status.st_mode & 077U) != 0) {
    return fail(
        Errc::permission_denied,
        fmt::format("others can use keylog={0}; remove it, or make it yours alone with: chmod 600 {0}",
                    shown));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<KeyLog>> KeyLog::open(const std::string& path) {
  const std::string shown = base::printable(path);
  // O_NONBLOCK: it may be a FIFO, which would wait for a reader.
  base::UniqueFd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!file) {
    const char* reason = errno == ELOOP ? "it is a symbolic link" : std::strerror(errno);
    return fail(Errc::invalid_argument, fmt::format("keylog={} cannot be written: {}", shown, reason));
  }
  if (auto ok = check_owner(file.get(), shown); !ok) return fail(std::move(ok));
  base::log("tls").warn(
      "keylog={}: whoever has this file can decrypt everything that is sent, passwords included; remove it "
      "after use",
      shown);
  return std::unique_ptr<KeyLog>(new KeyLog(std::move(file)));
}

void KeyLog::write_line(std::string_view line) const {
  std::string text(line);
  text += '\n';
  // One write(2) on an O_APPEND file: lines of several connections do not mix.
  (void)!::write(file_.get(), text.data(), text.size());
  base::wipe(text);
}

}  // namespace ftpsfs::tls
