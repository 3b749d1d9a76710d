#pragma once

// Small files that the user names: credentials, keys, certificates. `what` is how messages call the file, "credentials
// file".

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/secret.h"
#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::base {

// Opens a regular file for reading; never waits, as a FIFO would make it. not_found, permission_denied, or
// invalid_argument when it is something else.
Result<UniqueFd> open_user_file(const std::filesystem::path& file, std::string_view what);

// permission_denied unless the opened file is this user's or root's and nobody else may read or write it. Of the opened
// file, so that it cannot be another one by the time it is read.
Status check_private(const UniqueFd& opened, const std::filesystem::path& file, std::string_view what);

// Everything from the present position on; invalid_argument when that is more than `limit` bytes. Leaves no copy
// behind.
Result<Secret> read_user_file(const UniqueFd& opened, std::size_t limit, const std::filesystem::path& file,
                              std::string_view what);

}  // namespace ftpsfs::base
