#include "option_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;

std::optional<std::uint64_t> to_number(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct SizeUnit {
  char letter;
  unsigned shift;
};
constexpr std::array kSizeUnits{SizeUnit{'K', 10}, SizeUnit{'M', 20}, SizeUnit{'G', 30}, SizeUnit{'T', 40}};

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::chrono::milliseconds kMost = std::chrono::hours(24);
  std::string_view digits = text;
  std::uint64_t unit = 1000;
  if (digits.ends_with("ms")) {
    digits.remove_suffix(2);
    unit = 1;
  } else if (digits.ends_with('s')) {
    digits.remove_suffix(1);
  }
  const auto number = to_number(digits);
  if (!number || *number > static_cast<std::uint64_t>(kMost.count()) / unit) {
    return fail(Errc::invalid_argument, "it takes a time of at most a day, as in 30, 30s or 500ms");
  }
  return std::chrono::milliseconds(*number * unit);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  unsigned shift = 0;
  if (!text.empty()) {
    const auto* const unit = std::ranges::find(kSizeUnits, text.back(), &SizeUnit::letter);
    if (unit != kSizeUnits.end()) {
      shift = unit->shift;
      text.remove_suffix(1);
    }
  }
  const auto number = to_number(text);
  if (!number || *number > (std::numeric_limits<std::uint64_t>::max() >> shift)) {
    return fail(Errc::invalid_argument, "it takes a size in bytes, or with K, M, G or T, as in 500M");
  }
  return *number << shift;
}

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto number = to_number(text);
  if (number && *number >= least && *number <= most) return *number;
  return fail(Errc::invalid_argument, fmt::format("it takes a number from {} to {}", least, most));
}

Result<std::uint32_t> parse_mode(std::string_view text) {
  const auto number = to_number(text, 8);
  if (number && *number <= 07777) return static_cast<std::uint32_t>(*number);
  return fail(Errc::invalid_argument, "it takes permissions in octal, as in 0644");
}

base::Error none_of(std::span<const std::string_view> words) {
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) list += i + 1 == words.size() ? " or " : ", ";
    list += words[i];
  }
  return {Errc::invalid_argument, "it takes " + list, {}};
}

Result<std::filesystem::path> parse_path_value(std::string_view text) {
  if (text.empty()) return fail(Errc::invalid_argument, "it takes a path");
  std::filesystem::path path(text);
  if (text.starts_with("~/")) {
    const char* const home = std::getenv("HOME");
    if (home == nullptr) return fail(Errc::invalid_argument, "it begins with '~', but HOME is not set");
    path = std::filesystem::path(home) / text.substr(2);
  }
  std::error_code error;
  path = std::filesystem::absolute(path, error);
  if (error) return fail(Errc::invalid_argument, "the current folder is gone; write the path in full");
  return path;
}

}  // namespace ftpsfs::app
