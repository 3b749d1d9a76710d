#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ftpsfs::differential {

enum class Kind {
  open,
  close,
  dup,
  read,
  write,
  pread,
  pwrite,
  lseek,
  ftruncate,
  truncate,
  fsync,
  map_read,
  map_write,
  copy,
  mkdir,
  rmdir,
  unlink,
  rename,
  symlink,
  readlink,
  chmod,
  utimens,
  futimens,
  list,
  read_file,
  compare_trees,
  settle,
  remount,
};

// One call with all its arguments. Which members count depends on the kind. Handles are numbers of slots, not of
// descriptors, so that a sequence still makes sense when calls are dropped from it.
struct Operation {
  Kind kind = Kind::compare_trees;
  int handle = 0;
  int other = 0;       // the second handle of dup and copy
  std::string path;    // relative to the folder under test
  std::string target;  // of rename and symlink
  int flags = 0;       // open(2)'s, lseek(2)'s whence, renameat2(2)'s, msync(2)'s
  unsigned mode = 0;
  std::int64_t offset = 0;  // also the size of a truncate, and the seconds of a time
  std::size_t size = 0;     // bytes
  std::uint32_t fill = 0;   // names the bytes that are written

  friend bool operator==(const Operation&, const Operation&) = default;
};

inline constexpr int kHandles = 5;

// "pwrite handle=2 offset=4095 size=10 fill=33": one line of a script, readable and replayable.
std::string to_text(const Operation& operation);
Operation parse_operation(std::string_view line);  // throws std::runtime_error

// The bytes that `fill` names: never zero (a hole is seen), and another sequence for every fill and every position.
std::string bytes_of(std::uint32_t fill, std::size_t size);

}  // namespace ftpsfs::differential
