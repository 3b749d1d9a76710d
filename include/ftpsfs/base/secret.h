#pragma once

#include <string>
#include <string_view>

namespace ftpsfs::base {

// A password in memory. Cannot be printed, copied by accident or compared; its bytes are wiped when it ends.
// Not thread safe to modify; concurrent `reveal` is safe.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string&& text);  // takes the bytes over and wipes the source
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  bool empty() const { return text_.empty(); }

  // The bytes, valid as long as this object. Never log, never put into an Error.
  std::string_view reveal() const { return text_; }

 private:
  std::string text_;
};

// Overwrites the bytes of `text`, in a way the compiler does not drop, and empties it.
void wipe(std::string& text);

}  // namespace ftpsfs::base
