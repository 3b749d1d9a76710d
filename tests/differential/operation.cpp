#include "operation.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace ftpsfs::differential {

namespace {

struct Shape {
  Kind kind;
  std::string_view name;
  std::string_view members;  // those that count, in the order of the script
};

constexpr std::array kShapes{
    Shape{Kind::open, "open", "handle path open_flags mode"},
    Shape{Kind::close, "close", "handle"},
    Shape{Kind::dup, "dup", "handle other"},
    Shape{Kind::read, "read", "handle size"},
    Shape{Kind::write, "write", "handle size fill"},
    Shape{Kind::pread, "pread", "handle offset size"},
    Shape{Kind::pwrite, "pwrite", "handle offset size fill"},
    Shape{Kind::lseek, "lseek", "handle offset flags"},
    Shape{Kind::ftruncate, "ftruncate", "handle offset"},
    Shape{Kind::truncate, "truncate", "path offset"},
    Shape{Kind::fsync, "fsync", "handle"},
    Shape{Kind::map_read, "map_read", "handle offset size"},
    Shape{Kind::map_write, "map_write", "handle offset size fill flags"},
    Shape{Kind::copy, "copy", "handle other offset size"},
    Shape{Kind::mkdir, "mkdir", "path mode"},
    Shape{Kind::rmdir, "rmdir", "path"},
    Shape{Kind::unlink, "unlink", "path"},
    Shape{Kind::rename, "rename", "path target flags"},
    Shape{Kind::symlink, "symlink", "path target"},
    Shape{Kind::readlink, "readlink", "path"},
    Shape{Kind::chmod, "chmod", "path mode"},
    Shape{Kind::utimens, "utimens", "path offset"},
    Shape{Kind::futimens, "futimens", "handle offset"},
    Shape{Kind::list, "list", "path"},
    Shape{Kind::read_file, "read_file", "path"},
    Shape{Kind::compare_trees, "compare_trees", ""},
    Shape{Kind::settle, "settle", ""},
    Shape{Kind::remount, "remount", ""},
};

struct FlagName {
  int bits;
  std::string_view name;
};

constexpr std::array kOpenFlags{FlagName{O_WRONLY, "O_WRONLY"}, FlagName{O_RDWR, "O_RDWR"},
                                FlagName{O_CREAT, "O_CREAT"},   FlagName{O_EXCL, "O_EXCL"},
                                FlagName{O_TRUNC, "O_TRUNC"},   FlagName{O_APPEND, "O_APPEND"}};

std::string open_flags_text(int flags) {
  std::string text = (flags & O_ACCMODE) == O_RDONLY ? "O_RDONLY" : "";
  for (const FlagName& flag : kOpenFlags) {
    if ((flags & flag.bits) == 0) continue;
    if (!text.empty()) text += '|';
    text += flag.name;
  }
  return text;
}

int parse_open_flags(const std::string& text) {
  int flags = 0;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, '|');) {
    if (word == "O_RDONLY") continue;
    const auto* const found = std::ranges::find(kOpenFlags, word, &FlagName::name);
    if (found == kOpenFlags.end()) throw std::runtime_error("no flag of open: " + word);
    flags |= found->bits;
  }
  return flags;
}

const Shape& shape_of(Kind kind) { return *std::ranges::find(kShapes, kind, &Shape::kind); }

std::vector<std::string> members_of(const Shape& shape) {
  std::istringstream words{std::string(shape.members)};
  std::vector<std::string> members;
  for (std::string word; words >> word;) members.push_back(word);
  return members;
}

std::string value_of(const Operation& operation, std::string_view member) {
  if (member == "handle") return std::to_string(operation.handle);
  if (member == "other") return std::to_string(operation.other);
  if (member == "path") return operation.path;
  if (member == "target") return operation.target;
  if (member == "open_flags") return open_flags_text(operation.flags);
  if (member == "flags") return std::to_string(operation.flags);
  if (member == "mode") return fmt::format("{:04o}", operation.mode);
  if (member == "offset") return std::to_string(operation.offset);
  if (member == "size") return std::to_string(operation.size);
  return std::to_string(operation.fill);
}

int handle_number(const std::string& value) {
  const int number = std::stoi(value);
  if (number < 0 || number >= kHandles) throw std::runtime_error("no such handle: " + value);
  return number;
}

void set_value(Operation& operation, const std::string& member, const std::string& value) {
  if (member == "handle") {
    operation.handle = handle_number(value);
  } else if (member == "other") {
    operation.other = handle_number(value);
  } else if (member == "path") {
    operation.path = value;
  } else if (member == "target") {
    operation.target = value;
  } else if (member == "open_flags") {
    operation.flags = parse_open_flags(value);
  } else if (member == "flags") {
    operation.flags = std::stoi(value);
  } else if (member == "mode") {
    operation.mode = static_cast<unsigned>(std::stoul(value, nullptr, 8));
  } else if (member == "offset") {
    operation.offset = std::stoll(value);
  } else if (member == "size") {
    operation.size = std::stoul(value);
  } else if (member == "fill") {
    operation.fill = static_cast<std::uint32_t>(std::stoul(value));
  } else {
    throw std::runtime_error("unknown member: " + member);
  }
}

}  // namespace

std::string to_text(const Operation& operation) {
  const Shape& shape = shape_of(operation.kind);
  std::string text(shape.name);
  for (const auto& member : members_of(shape)) {
    text += " " + member + "=" + value_of(operation, member);
  }
  return text;
}

Operation parse_operation(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string name;
  words >> name;
  const auto* const shape = std::ranges::find(kShapes, name, &Shape::name);
  if (shape == kShapes.end()) throw std::runtime_error("unknown operation: " + name);
  Operation operation{.kind = shape->kind, .path = {}, .target = {}};
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) throw std::runtime_error("no member=value: " + word);
    set_value(operation, word.substr(0, equals), word.substr(equals + 1));
  }
  return operation;
}

std::string bytes_of(std::uint32_t fill, std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = fill * 2654435761U + 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(1 + (state >> 24U) % 255);
  }
  return bytes;
}

}  // namespace ftpsfs::differential
