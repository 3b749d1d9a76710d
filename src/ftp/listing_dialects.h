#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/model/dir_entry.h"

namespace ftpsfs::ftp {

// The dialects of LIST that are not `ls -l` (which is in listing.h), one line each. All are pure functions and give
// nothing for a line that is not certainly of their dialect.

// Microsoft's: "MM-DD-YY[YY]  HH:MM[AM|PM]  <DIR>|size  name", also with '/' or '.' between the numbers of the date,
// "YYYY-MM-DD", and sizes with thousands separated. <JUNCTION>, <SYMLINKD> and <SYMLINK> are links: "name [target]".
struct DosLine {
  model::DirEntry entry;
  enum class Order { unknown, month_first, day_first } order = Order::unknown;  // what this line proves
};
std::optional<DosLine> parse_dos_line(std::string_view line);

// Easily parsed LIST format (https://cr.yp.to/ftp/list/eplf.html): "+facts,\tname".
std::optional<model::DirEntry> parse_eplf_line(std::string_view line);

// VMS: "NAME.EXT;version  blocks[/allocated]  d-MON-yyyy hh:mm[:ss[.cc]]  [owner]  (protection)", in any order behind
// the name. "NAME.DIR;1" is the directory NAME. Sizes are in blocks of 512 bytes and therefore left out; the '^' that
// quotes characters is undone.
struct VmsLine {
  model::DirEntry entry;
  std::uint32_t version = 0;
};
std::optional<VmsLine> parse_vms_line(std::string_view line);

// A name that was too long for its column: the rest of the entry is on the next line.
bool is_wrapped_vms_name(std::string_view line);

// "Directory DISK:[DIR]", "Total of 3 files, 12/15 blocks.", "Grand total of …"
bool is_vms_frame(std::string_view line);

}  // namespace ftpsfs::ftp
