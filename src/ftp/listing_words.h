#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace ftpsfs::ftp {

// The words of a listing line from `position` on, up to a bounded number. Names are cut out of the line by position:
// they keep their blanks.
struct ListingWords {
  static constexpr std::size_t kMost = 20;
  std::array<std::string_view, kMost> text;
  std::array<std::size_t, kMost> end{};  // position in the line behind each word
  std::size_t count = 0;

  std::span<const std::string_view> from(std::size_t first) const {
    return std::span(text.data(), count).subspan(std::min(first, count));
  }
};

inline ListingWords split_words(std::string_view line, std::size_t position = 0) {
  ListingWords words;
  while (words.count < ListingWords::kMost) {
    const auto begin = line.find_first_not_of(' ', position);
    if (begin == std::string_view::npos) break;
    position = std::min(line.find(' ', begin), line.size());
    words.text[words.count] = line.substr(begin, position - begin);
    words.end[words.count++] = position;
  }
  return words;
}

}  // namespace ftpsfs::ftp
