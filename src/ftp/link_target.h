#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ftpsfs::ftp {

// A symlink's target as readlink(2) could give it: not empty, without NUL, shorter than PATH_MAX. Nothing otherwise.
inline std::optional<std::string> usable_link_target(std::string_view target) {
  constexpr std::size_t kLongestTarget = 4095;  // bytes
  if (target.empty() || target.size() > kLongestTarget || target.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(target);
}

}  // namespace ftpsfs::ftp
