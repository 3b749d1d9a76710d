#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace ftpsfs::ftp::test {

// Reproducible bytes for "whatever comes, it does not crash": mostly pieces of the grammar, some raw bytes, so that
// the parsers get beyond their first check.
class RandomBytes {
 public:
  explicit RandomBytes(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return engine_() % bound; }

  template <class Pieces>
  std::string text(const Pieces& pieces, std::size_t count) {
    std::string made;
    for (std::size_t i = 0; i < count; ++i) {
      if (below(4) == 0) {
        made += static_cast<char>(below(256));
      } else {
        made += std::string_view(pieces[below(pieces.size())]);
      }
    }
    return made;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace ftpsfs::ftp::test
