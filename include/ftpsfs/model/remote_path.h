#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"

namespace ftpsfs::model {

// An absolute path on the server: "/" or "/a/b", bytes as the server has them. A value that is always sendable:
// no component is empty, "." or "..", none contains '/', NUL, CR or LF (RFC 959 ends a command at CR LF, and servers
// differ in what they make of NUL and LF), none is longer than 255 bytes, the whole at most 4000 bytes (the shortest
// command buffer among known servers is 4096).
class RemotePath {
 public:
  RemotePath() = default;  // the root

  // Parses "/a/b", "a/b", "/a//b/"; refuses "." and ".." components. name_invalid or name_too_long.
  static base::Result<RemotePath> parse(std::string_view text);

  // This directory's entry `name`. name_invalid or name_too_long when it cannot be one.
  base::Result<RemotePath> child(std::string_view name) const;

  // The directory that holds this path; the root's parent is the root.
  RemotePath parent() const;

  // The last component; empty for the root. Valid as long as this object.
  std::string_view name() const;

  bool is_root() const { return text_.size() == 1; }

  // True for this path itself and everything below it.
  bool contains(const RemotePath& other) const;

  // `other` with its prefix `from` replaced by this path; `from` must contain `other`.
  RemotePath rebased(const RemotePath& from, const RemotePath& other) const;

  const std::string& str() const { return text_; }

  friend auto operator<=>(const RemotePath&, const RemotePath&) = default;

 private:
  explicit RemotePath(std::string text) : text_(std::move(text)) {}
  std::string text_ = "/";
};

// Whether a directory entry may have this name: the rule for one component above. The error says what is wrong.
base::Status check_name(std::string_view name);

}  // namespace ftpsfs::model

template <>
struct std::hash<ftpsfs::model::RemotePath> {
  std::size_t operator()(const ftpsfs::model::RemotePath& path) const noexcept {
    return std::hash<std::string>{}(path.str());
  }
};
