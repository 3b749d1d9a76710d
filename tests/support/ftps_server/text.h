#pragma once

#include <string>
#include <string_view>

namespace ftpsfs::testing {

// The text with the first occurrence of the placeholder replaced.
inline std::string filled(std::string text, std::string_view placeholder, std::string_view value) {
  const auto at = text.find(placeholder);
  if (at != std::string::npos) text.replace(at, placeholder.size(), value);
  return text;
}

inline std::string quoted_path(std::string_view path) {
  std::string text = "\"";
  for (const char c : path) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

}  // namespace ftpsfs::testing
