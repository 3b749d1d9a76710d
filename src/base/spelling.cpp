#include "ftpsfs/base/spelling.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace ftpsfs::base {
namespace {

// By rows.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest_name(std::string_view misspelt, std::span<const std::string_view> known) {
  return *std::ranges::min_element(
      known, {}, [misspelt](std::string_view name) { return edit_distance(misspelt, name); });
}

}  // namespace ftpsfs::base
