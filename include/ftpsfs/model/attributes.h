#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ftpsfs/base/clock.h"

namespace ftpsfs::model {

enum class FileType { file, directory, symlink, other };

// How exact a modification time is. LIST shows minutes, or days for files older than half a year.
enum class TimePrecision { second, minute, day };

// What is known of one file or directory. What the server did not tell is absent, never guessed here: the vfs layer
// chooses what to show instead.
struct Attributes {
  FileType type = FileType::file;
  std::optional<std::uint64_t> size{};         // bytes; for symlinks and directories often absent
  std::optional<base::SystemTime> modified{};  // UTC
  TimePrecision precision = TimePrecision::second;
  std::optional<std::uint32_t> mode{};       // permission bits, 0 to 07777
  std::optional<std::string> link_target{};  // symlinks only, bytes as the server tells them
  std::string unique_id{};                   // MLST fact "unique", may be empty (RFC 3659 7.5.2)

  // These attributes, with what they do not tell taken from `older` ones of the same file.
  Attributes with_gaps_from(const Attributes& older) const;

  friend bool operator==(const Attributes&, const Attributes&) = default;
};

}  // namespace ftpsfs::model
