#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/error.h"
#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/file_version.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::writeback {

// The intent behind one content of the journal: where it shall go, and what must be there until then.
struct Record {
  std::uint64_t id = 0;     // names its files
  std::uint64_t order = 0;  // of two records with one path the higher is the newer
  model::RemotePath path;
  std::uint64_t size = 0;                      // bytes of the content
  std::optional<model::FileVersion> replaces;  // the server's file; nullopt: there is none
  base::SystemTime stored;                     // when it was acknowledged
  bool keeps_time = false;                     // the server's file shall show that time, if it can
  std::optional<base::SystemTime> modified;    // asked for, whole seconds
  std::optional<std::uint32_t> mode;           // asked for
  std::optional<std::uint32_t> shown_mode;     // of the file that it replaces
  std::size_t failures = 0;                    // refusals that no waiting will mend
  bool begun = false;                          // the server may have some or all of it

  friend bool operator==(const Record&, const Record&) = default;
};

// What everybody sees until the server has it.
model::Attributes attributes_of(const Record& record);

std::string to_json(const Record& record);

// invalid_argument when it is no record, not_supported when a newer ftpsfs has written it.
base::Result<Record> record_from_json(std::string_view text);

}  // namespace ftpsfs::writeback
