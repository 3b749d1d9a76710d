#include <charconv>
#include <optional>

#include "ftpsfs/control/mounts.h"

namespace ftpsfs::control {
namespace {

// The next word, which ends at `separator`, taken off the front of `rest`; empty at the end.
std::string_view take_word(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto word = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return word;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// The kernel writes blanks, tabs, line feeds, backslashes and '#' as a backslash and three octal digits.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digits = text.substr(i + 1, 3);
    if (text[i] == '\\' && digits.size() == 3 && is_octal(digits[0]) && is_octal(digits[1]) &&
        is_octal(digits[2])) {
      plain += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::uint32_t user_of(std::string_view options) {
  constexpr std::string_view kUser = "user_id=";
  while (!options.empty()) {
    const auto option = take_word(options, ',');
    if (option.starts_with(kUser)) return number(option.substr(kUser.size())).value_or(0);
  }
  return 0;
}

// ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS [FIELD…] - TYPE SOURCE SUPER-OPTIONS
std::optional<Mount> parse_line(std::string_view line) {
  take_word(line, ' ');
  take_word(line, ' ');
  std::string_view device = take_word(line, ' ');
  const auto major = number(take_word(device, ':'));
  const auto minor = number(device);
  take_word(line, ' ');
  const auto mount_point = take_word(line, ' ');
  const auto fields_end = line.find(" - ");
  if (!major || !minor || !mount_point.starts_with('/') || fields_end == std::string_view::npos) {
    return std::nullopt;
  }
  line.remove_prefix(fields_end + 3);
  Mount mount;
  mount.mount_point = unescaped(mount_point);
  mount.type = unescaped(take_word(line, ' '));
  mount.source = unescaped(take_word(line, ' '));
  mount.device_major = *major;
  mount.device_minor = *minor;
  mount.user = user_of(line);
  return mount;
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  while (!text.empty()) {
    if (auto mount = parse_line(take_word(text, '\n'))) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

}  // namespace ftpsfs::control
