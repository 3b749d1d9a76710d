#include "ftpsfs/base/secret.h"

#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero is POSIX, not C++

#include <utility>

namespace ftpsfs::base {

void wipe(std::string& text) {
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::string&& text) : text_(std::as_const(text)) { wipe(text); }

Secret::~Secret() { wipe(text_); }

// A swapped short string leaves its bytes behind in the source, which may live on.
Secret::Secret(Secret&& other) noexcept {
  text_.swap(other.text_);
  wipe(other.text_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(text_);
    text_.swap(other.text_);
    wipe(other.text_);
  }
  return *this;
}

}  // namespace ftpsfs::base
