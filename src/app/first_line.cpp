#include "first_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;

struct WipeAtEnd {
  std::string& text;
  ~WipeAtEnd() { base::wipe(text); }
};

void drop_suffix(std::string& text, char c) {
  if (text.ends_with(c)) text.pop_back();
}

}  // namespace

// Byte by byte, so that nothing behind the newline is taken from whoever reads next.
base::Result<base::Secret> read_first_line(int fd, std::size_t limit) {
  std::string text;
  text.reserve(limit + 1);  // growing would leave copies on the heap
  const WipeAtEnd wipe_at_end{text};
  while (true) {
    char c = 0;
    const ssize_t got = ::read(fd, &c, 1);
    if (got < 0 && errno == EINTR) return fail(Errc::cancelled, "interrupted");
    if (got < 0) return fail(Errc::local_io, std::strerror(errno));
    if (got == 0) break;
    if (c == '\n') break;
    if (text.size() == limit)
      return fail(Errc::invalid_argument, fmt::format("it is longer than {} bytes", limit));
    text += c;
  }
  drop_suffix(text, '\r');
  return base::Secret(std::move(text));
}

}  // namespace ftpsfs::app
