#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bounded_read.h"
#include "ftpsfs/app/credentials.h"
#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

constexpr std::size_t kMaxFile = 64 << 10;

std::string shown(const std::filesystem::path& file) { return base::printable(file.native()); }

// Of the opened file, so that it cannot be another one by the time it is read.
Status check_private(int fd, const std::filesystem::path& file) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(Errc::invalid_argument,
                fmt::format("the credentials file {} is not a regular file", shown(file)));
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return fail(Errc::permission_denied,
                fmt::format("the credentials file {} belongs neither to you nor to root", shown(file)));
  }
  if ((status.st_mode & 077U) != 0) {
    return fail(
        Errc::permission_denied,
        fmt::format("others can use the credentials file {0}; make it yours alone with: chmod 600 {0}",
                    shown(file)));
  }
  return {};
}

// A line is not shown in an error: it may be a password in the wrong place.
Status take_line(std::string_view line, std::size_t number, Credentials& credentials) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty() || line.front() == '#') return {};
  const auto equals = line.find('=');
  const std::string_view name = line.substr(0, equals);
  if (equals != std::string_view::npos && name == "username") {
    credentials.user = line.substr(equals + 1);
    return {};
  }
  if (equals != std::string_view::npos && name == "password") {
    credentials.password = base::Secret(std::string(line.substr(equals + 1)));
    return {};
  }
  return fail(Errc::invalid_argument,
              fmt::format("line {} is neither username=NAME nor password=TEXT", number));
}

Result<Credentials> parse(std::string_view text) {
  Credentials credentials;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (auto status = take_line(line, number, credentials); !status) return fail(std::move(status));
  }
  return credentials;
}

}  // namespace

Result<Credentials> read_credentials_file(const std::filesystem::path& file) {
  const base::UniqueFd fd(
      ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // O_NONBLOCK: it may be a fifo
  if (!fd) {
    const Errc code = errno == ENOENT ? Errc::not_found : Errc::permission_denied;
    return fail(code,
                fmt::format("cannot open the credentials file {}: {}", shown(file), std::strerror(errno)));
  }
  if (auto status = check_private(fd.get(), file); !status) return fail(std::move(status));
  const auto text = read_bounded(fd.get(), kMaxFile, StopAt::end);
  if (!text)
    return fail(text.error().code,
                fmt::format("the credentials file {}: {}", shown(file), text.error().message));
  auto credentials = parse(text->reveal());
  if (!credentials) {
    return fail(Errc::invalid_argument,
                fmt::format("the credentials file {}: {}", shown(file), credentials.error().message));
  }
  return credentials;
}

}  // namespace ftpsfs::app
