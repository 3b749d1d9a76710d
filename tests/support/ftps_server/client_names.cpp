#include "client_names.h"

#include <algorithm>

namespace ftpsfs::testing {

namespace {

std::string latin1_to_utf8(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xC0U | (byte >> 6U));
      result += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return result;
}

// What Latin-1 lacks becomes '?', as Windows does it.
std::string utf8_to_latin1(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const bool fits = size == 2 && lead <= 0xC3 && i + 1 < text.size();
    if (size == 1) {
      result += text[i];
    } else if (fits) {
      result += static_cast<char>((lead << 6U) | (static_cast<unsigned char>(text[i + 1]) & 0x3FU));
    } else {
      result += '?';
    }
    i += size;
  }
  return result;
}

// Applies `change` to each component of a path.
template <class Change>
std::string by_component(std::string_view path, Change change) {
  std::string result;
  for (;;) {
    const auto slash = path.find('/');
    result += change(path.substr(0, slash));
    if (slash == std::string_view::npos) return result;
    result += '/';
    path.remove_prefix(slash + 1);
  }
}

std::string_view as_windows_calls_it(std::string_view name) {
  if (name == "." || name == "..") return name;
  const auto last = name.find_last_not_of(" .");
  return name.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// Without a version, and without the dot that every VMS name has.
std::string_view as_vms_calls_it(std::string_view name) {
  if (name == "." || name == "..") return name;
  const auto semicolon = name.rfind(';');
  const bool has_version = semicolon != std::string_view::npos && semicolon + 1 < name.size() &&
                           name.find_first_not_of("0123456789", semicolon + 1) == std::string_view::npos;
  if (has_version) name = name.substr(0, semicolon);
  if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
  return name;
}

}  // namespace

std::string name_from_client(std::string_view argument, const Personality& personality, bool utf8) {
  if (personality.strips_quotes) {
    const auto first = std::min(argument.find_first_not_of('"'), argument.size());
    argument.remove_prefix(first);
    while (argument.ends_with('"')) argument.remove_suffix(1);
  }
  std::string name = personality.utf8_needs_opts && !utf8 ? latin1_to_utf8(argument) : std::string(argument);
  if (personality.windows_names) name = by_component(name, as_windows_calls_it);
  if (personality.list_style == ListStyle::vms) name = by_component(name, as_vms_calls_it);
  return name;
}

std::string name_to_client(std::string_view name, const Personality& personality, bool utf8) {
  return personality.utf8_needs_opts && !utf8 ? utf8_to_latin1(name) : std::string(name);
}

bool windows_refuses(std::string_view path) {
  return std::ranges::any_of(path, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 ||
           std::string_view("\\:*?\"<>|").find(c) != std::string_view::npos;
  });
}

}  // namespace ftpsfs::testing
