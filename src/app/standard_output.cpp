#include "standard_output.h"

#include <cstdio>

namespace ftpsfs::app {

bool print_to_standard_output(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return std::fflush(stdout) == 0 && written;
}

}  // namespace ftpsfs::app
