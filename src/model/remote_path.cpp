#include "ftpsfs/model/remote_path.h"

#include <fmt/format.h>

#include <cassert>

namespace ftpsfs::model {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

namespace {

constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestPath = 4000;
constexpr std::string_view kUnsendable{"\0\r\n", 3};

}  // namespace

Status check_name(std::string_view name) {
  if (name.empty() || name == "." || name == "..") {
    return fail(Errc::name_invalid, fmt::format("'{}' is not a name for a directory entry", name));
  }
  if (name.find('/') != std::string_view::npos) {
    return fail(Errc::name_invalid, fmt::format("the name '{}' contains a slash", base::printable(name)));
  }
  if (name.find_first_of(kUnsendable) != std::string_view::npos) {
    return fail(
        Errc::name_invalid,
        fmt::format("the name '{}' contains CR, LF or NUL, which FTP cannot carry", base::printable(name)));
  }
  if (name.size() > kLongestName) {
    return fail(Errc::name_too_long,
                fmt::format("a name of {} bytes is longer than {}", name.size(), kLongestName));
  }
  return {};
}

Result<RemotePath> RemotePath::parse(std::string_view text) {
  RemotePath path;
  while (!text.empty()) {
    const auto slash = text.find('/');
    const auto name = text.substr(0, slash);
    if (!name.empty()) {
      auto next = path.child(name);
      if (!next) return next;
      path = std::move(*next);
    }
    if (slash == std::string_view::npos) break;
    text.remove_prefix(slash + 1);
  }
  return path;
}

Result<RemotePath> RemotePath::child(std::string_view name) const {
  if (auto ok = check_name(name); !ok) return fail(std::move(ok));
  std::string text = is_root() ? std::string() : text_;
  text += '/';
  text += name;
  if (text.size() > kLongestPath) {
    return fail(Errc::name_too_long,
                fmt::format("a path of {} bytes is longer than {}", text.size(), kLongestPath));
  }
  return RemotePath(std::move(text));
}

RemotePath RemotePath::parent() const {
  const auto slash = text_.rfind('/');
  return slash == 0 ? RemotePath() : RemotePath(text_.substr(0, slash));
}

std::string_view RemotePath::name() const { return std::string_view(text_).substr(text_.rfind('/') + 1); }

bool RemotePath::contains(const RemotePath& other) const {
  if (is_root() || text_ == other.text_) return true;
  return other.text_.size() > text_.size() && other.text_.starts_with(text_) &&
         other.text_[text_.size()] == '/';
}

RemotePath RemotePath::rebased(const RemotePath& from, const RemotePath& other) const {
  assert(from.contains(other));
  const auto tail = from.is_root() ? std::string_view(other.text_)
                                   : std::string_view(other.text_).substr(from.text_.size());
  if (tail.empty() || tail == "/") return *this;
  return RemotePath((is_root() ? std::string() : text_) + std::string(tail));
}

}  // namespace ftpsfs::model
