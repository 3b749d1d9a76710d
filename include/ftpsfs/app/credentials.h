#pragma once

// Who logs in, and where the password comes from: never from argv or the environment, never to the log.

#include <filesystem>
#include <functional>
#include <string>

#include "ftpsfs/app/options.h"
#include "ftpsfs/app/source.h"
#include "ftpsfs/base/error.h"
#include "ftpsfs/base/secret.h"

namespace ftpsfs::app {

struct Credentials {
  std::string user;       // sendable: no CR, LF or NUL
  base::Secret password;  // sendable; may be empty
};

// A file of lines "username=NAME" and "password=TEXT" (the value is taken to the end of the line as it stands, a
// trailing CR is dropped), empty lines and comments (#). Refused when it is not a regular file, when anybody but its
// owner can read or write it, or when it belongs neither to this user nor to root. Either line may be missing.
base::Result<Credentials> read_credentials_file(const std::filesystem::path& file);

// The bytes up to the first newline or the end. Takes `fd` over and closes it.
base::Result<base::Secret> read_password_from_fd(int fd);

// Asks on the controlling terminal, without echo. not_supported when there is none.
base::Result<base::Secret> ask_password(const std::string& prompt);

using AskPassword = std::function<base::Result<base::Secret>(const std::string& prompt)>;

// User: option user=, else the source, else the credentials file. Password: the credentials file, else password_fd,
// else `ask`; the user "anonymous" needs none. An error says what to do. Blocks for input.
base::Result<Credentials> find_credentials(const Options& options, const Source& source,
                                           const AskPassword& ask);

}  // namespace ftpsfs::app
