#pragma once

// Files of this machine that survive a loss of power. Errors: no_space, or local_io.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::writeback {

std::unexpected<base::Error> local_error(std::string_view what, const std::filesystem::path& file, int error);

// With the folders above it; for its owner only.
base::Status make_private_folder(const std::filesystem::path& folder);

// The names in it become durable.
base::Status sync_folder(const std::filesystem::path& folder);

base::Status write_all(const base::UniqueFd& fd, std::uint64_t offset, std::span<const std::byte> bytes,
                       const std::filesystem::path& file);
base::Status sync_file(const base::UniqueFd& fd, const std::filesystem::path& file);

// Either the old content or the new one is there, whatever happens; after the success durably the new one. Uses the name
// with ".new" behind it.
base::Status replace_file(const std::filesystem::path& file, std::string_view text);

// Adds at the end, durably. Makes the file.
base::Status append_to_file(const std::filesystem::path& file, std::string_view text);

// Nothing there is a success.
base::Status remove_name(const std::filesystem::path& file);

// At most `limit` bytes of it.
base::Result<std::string> read_file(const std::filesystem::path& file, std::size_t limit);

}  // namespace ftpsfs::writeback
