#pragma once

// How the values of options are written.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
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

// One of a few words, each of which stands for a value. The error names them all.
template <class Value>
struct Word {
  std::string_view text;
  Value value;
};
base::Error none_of(std::span<const std::string_view> words);

template <class Field, class Value, std::size_t N>
base::Status set_word(Field& field, std::string_view text, const std::array<Word<Value>, N>& words) {
  std::array<std::string_view, N> known;
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i].text == text) {
      field = words[i].value;
      return {};
    }
    known[i] = words[i].text;
  }
  return std::unexpected(none_of(known));
}

// Absolute, because a daemon leaves its folder; a leading "~/" is the home folder, which the shell does not put in
// after "name=".
base::Result<std::filesystem::path> parse_path_value(std::string_view text);

}  // namespace ftpsfs::app
