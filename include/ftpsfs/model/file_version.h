#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/model/attributes.h"

namespace ftpsfs::model {

// Tells two contents of one path apart. FTP has no better identity than size, time and (where MLST has it) "unique".
struct FileVersion {
  std::uint64_t size = 0;
  std::optional<base::SystemTime> modified;  // absent when the server shows no exact time
  std::string unique_id;

  // Of a regular file. A time that is only exact to the minute or day does not count.
  static FileVersion of(const Attributes& attributes);

  // False only when the two certainly differ: what one of them does not know is not compared.
  bool may_equal(const FileVersion& other) const;

  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

}  // namespace ftpsfs::model
