#include "ftpsfs/app/credentials.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "first_line.h"
#include "ftpsfs/base/unique_fd.h"
#include "terminal.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using base::Secret;
using base::Status;

constexpr std::size_t kMaxPassword = 1024;

// RFC 959 ends a command at CR LF, and what servers make of NUL differs.
bool is_sendable(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool is_anonymous(std::string_view user) { return user == "anonymous" || user == "ftp"; }

Result<Credentials> from_file(const Options& options) {
  if (!options.credentials_file) return Credentials{};
  return read_credentials_file(*options.credentials_file);
}

Result<std::string> choose_user(const Options& options, const Source& source,
                                const std::string& from_credentials) {
  const std::string user = options.user           ? *options.user
                           : !source.user.empty() ? source.user
                                                  : from_credentials;
  if (user.empty()) {
    return fail(Errc::invalid_argument,
                "no user to log in as: write it as user@host in the source, as -o user=NAME, or as "
                "username=NAME in the "
                "credentials file; a public server takes -o user=anonymous");
  }
  if (!from_credentials.empty() && from_credentials != user) {
    return fail(Errc::invalid_argument,
                fmt::format("the credentials file is for the user {}, but {} is to log in",
                            base::printable(from_credentials, 100), base::printable(user, 100)));
  }
  return user;
}

Result<Secret> choose_password(const Options& options, const Source& source, const std::string& user,
                               Secret&& from_file, const AskPassword& ask) {
  if (!from_file.empty()) return std::move(from_file);
  if (options.password_fd) return read_password_from_fd(*options.password_fd);
  if (is_anonymous(user)) return Secret(std::string("anonymous@"));
  return ask(fmt::format("Password of {} at {}: ", base::printable(user, 100), source.host));
}

}  // namespace

Result<Secret> read_password_from_fd(int fd) {
  const base::UniqueFd owned(fd);
  auto password = read_first_line(fd, kMaxPassword);
  if (!password) {
    return fail(password.error().code, fmt::format("cannot read the password from file descriptor {}: {}", fd,
                                                   password.error().message));
  }
  if (password->empty()) {
    return fail(Errc::invalid_argument, fmt::format("there is no password in file descriptor {}", fd));
  }
  return password;
}

Result<Secret> ask_password(const std::string& prompt) {
  const base::UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) {
    return fail(Errc::not_supported,
                "there is no terminal to ask for the password on; give it with -o credentials=FILE or -o "
                "password_fd=N");
  }
  const HoldSignals hold;
  const EchoOff echo_off(terminal.get());
  if (::write(terminal.get(), prompt.data(), prompt.size()) < 0) {
    return fail(Errc::local_io, fmt::format("cannot ask for the password: {}", std::strerror(errno)));
  }
  return read_first_line(terminal.get(), kMaxPassword);
}

Result<Credentials> find_credentials(const Options& options, const Source& source, const AskPassword& ask) {
  auto file = from_file(options);
  if (!file) return file;
  auto user = choose_user(options, source, file->user);
  if (!user) return fail(std::move(user));
  auto password = choose_password(options, source, *user, std::move(file->password), ask);
  if (!password) return fail(std::move(password));
  if (!is_sendable(*user))
    return fail(Errc::invalid_argument, "the user name contains a line break or a NUL");
  if (!is_sendable(password->reveal()))
    return fail(Errc::invalid_argument, "the password contains a line break or a NUL");
  return Credentials{.user = std::move(*user), .password = std::move(*password)};
}

}  // namespace ftpsfs::app
