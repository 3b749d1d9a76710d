#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/model/dir_entry.h"

namespace ftpsfs::ftp {

// Reads the lines of one LIST, whatever its dialect: the first dialect that is certain of a line is the listing's, and
// the other ones are not tried any more. Not thread safe.
class ListReader {
 public:
  explicit ListReader(base::SystemTime now) : now_(now) {}

  enum class Kind {
    entry,
    nothing,     // a header, a total, or the first half of a wrapped line
    unreadable,  // in no known dialect, or not in the listing's
  };
  struct Read {
    Kind kind = Kind::nothing;
    model::DirEntry entry{};
    std::uint32_t version = 0;  // VMS keeps several versions of a file; 0 elsewhere
    std::string unreadable{};   // a wrapped line that its second half did not complete
  };
  Read read(std::string_view line);

  // The half of a wrapped line that is left at the end of the listing, or nothing.
  std::string take_wrapped() { return std::exchange(wrapped_, {}); }

  // DOS listings write the month or the day first, and only days after the 12th show which. Corrects the entries of a
  // listing in which all of those came first.
  void settle_dates(std::vector<model::DirEntry>& entries) const;

 private:
  enum class Dialect { unknown, unix_long, dos, eplf, vms };

  std::optional<Read> read_unix(std::string_view line);
  std::optional<Read> read_dos(std::string_view line);
  std::optional<Read> read_eplf(std::string_view line);
  std::optional<Read> read_vms(std::string_view line);
  bool may_be(Dialect dialect) const { return dialect_ == Dialect::unknown || dialect_ == dialect; }

  base::SystemTime now_;
  Dialect dialect_ = Dialect::unknown;
  std::string wrapped_;
  bool month_came_first_ = false;
  bool day_came_first_ = false;
};

}  // namespace ftpsfs::ftp
