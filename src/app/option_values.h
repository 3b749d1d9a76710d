#pragma once

// How the values of options are written.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

// "30" and "30s" are seconds, "500ms" milliseconds; at most a day.
base::Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// Bytes, or with K, M, G or T the power of 1024.
base::Result<std::uint64_t> parse_size(std::string_view text);

base::Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most);

// Octal permission bits.
base::Result<std::uint32_t> parse_mode(std::string_view text);

// "yes" or "no".
base::Result<bool> parse_yes_no(std::string_view text);

// Absolute, because a daemon leaves its folder; a leading "~/" is the home folder, which the shell does not put in
// after "name=".
base::Result<std::filesystem::path> parse_path_value(std::string_view text);

}  // namespace ftpsfs::app
