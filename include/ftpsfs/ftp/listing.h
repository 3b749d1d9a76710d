#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/error.h"
#include "ftpsfs/model/dir_entry.h"

namespace ftpsfs::ftp {

enum class ListingFormat {
  mlsd,  // RFC 3659 7
  list,  // LIST (RFC 959), in whatever dialect: `ls -l` and NetWare, DOS, EPLF, VMS
};

class ListReader;

// Cuts the bytes of a data channel into directory entries. Lines end at CR LF; a bare LF belongs to a name
// where the server ends its lines with CR LF (measured on vsftpd and ProFTPD), and ends a line where it never
// sends CR LF. Which of both is decided by the first CR LF, or by its absence from the first kLongestLine
// bytes.
// The dialect of a LIST is that of the first line which is certainly of one; a line that is of none, or of another one
// than the lines before, is never guessed at. VMS names that are wrapped over two lines are put together.
// ".", "..", cdir and pdir, "total n", headers, blank and unreadable lines are skipped (the latter counted); names
// that model::check_name refuses are dropped (and counted); of duplicate names the first stays, on VMS the one with the
// highest version; the server's order is kept. Bounded: too long a line, more than `max_entries`, or more than
// kBytesPerEntry * max_entries (and one line) in all is a protocol_error, after which the parser must not be used again.
// Not thread safe.
class ListingParser {
 public:
  static constexpr std::size_t kLongestLine = 64 << 10;  // bytes
  static constexpr std::size_t kBytesPerEntry = 1 << 10;

  // `now` decides the year of dates without one. LIST dates are read as UTC; a server's other zone is
  // corrected by the caller.
  ListingParser(ListingFormat format, base::SystemTime now, std::size_t max_entries = 2'000'000);
  ~ListingParser();
  ListingParser(const ListingParser&) = delete;
  ListingParser& operator=(const ListingParser&) = delete;

  base::Status feed(std::string_view bytes);

  // What has come so far; duplicates and the order of day and month are not yet settled.
  const std::vector<model::DirEntry>& entries() const { return entries_; }

  // Ends the listing; a last line without line end still counts.
  base::Result<std::vector<model::DirEntry>> finish();

  // Lines that gave no entry: unreadable ones and impossible names.
  std::size_t skipped_lines() const { return skipped_; }

  // Lines that were of the format, "." and "type=cdir" included.
  std::size_t understood_lines() const { return understood_; }

  // The first line in no known form, printable and cut to kLongestReport bytes; empty when all lines were understood.
  static constexpr std::size_t kLongestReport = 200;
  const std::string& first_unreadable_line() const { return first_unreadable_; }

 private:
  enum class LineEnd { undecided, crlf, lf };

  void decide_line_end();
  base::Status take_lines();
  base::Status take_line(std::string_view line);
  base::Status take_mlsd_line(std::string_view line);
  base::Status take_list_line(std::string_view line);
  base::Status add(model::DirEntry entry, std::uint32_t version);
  void note_unreadable(std::string_view line);
  std::uint32_t version_of(std::size_t entry) const;
  void drop_duplicates();

  std::size_t max_entries_;
  std::string buffer_;
  std::size_t scanned_ = 0;  // no line end in buffer_ before here
  std::size_t fed_ = 0;
  LineEnd line_end_ = LineEnd::undecided;
  std::size_t skipped_ = 0;
  std::size_t understood_ = 0;
  std::string first_unreadable_;
  std::unique_ptr<ListReader> list_reader_;
  std::vector<model::DirEntry> entries_;
  std::vector<std::uint32_t> versions_;  // of the first entries_; those behind its end have none
};

// One line of MLSD, or the entry line of MLST (RFC 3659 7.2): "facts name". The name is what follows the
// first space after the facts, unchecked (MLST shows a whole path). Nothing when it is no such line.
// Facts are matched without case; understood: type (file, dir, cdir, pdir, OS.unix=slink:target,
// OS.unix=symlink, other OS.…), size, sizd, modify (fraction allowed), unix.mode (octal with or without 0 or
// 0o), unique. A fact that is unknown or has no valid value is skipped. Blanks before the facts are skipped
// (MLST indents the line), and the last fact may lack its ';' (NcFTPd). In a listing, a line without a type is
// unreadable.
struct MlsxLine {
  std::string name;
  model::Attributes attributes;
  bool current_or_parent = false;  // cdir, pdir
  bool has_type = false;           // without one, `attributes` say file, which is a guess
};
std::optional<MlsxLine> parse_mlsx_line(std::string_view line);

// One line of `ls -l`: mode, anything, size (or "major, minor"), date, one blank, name. Nothing when it is no
// such line. NetWare's "[RWCEAFMS]" may stand for the mode. Dates:
//   "Mon dd HH:MM", "Mon dd YYYY", the same with the day first, "Mon dd, YYYY HH:MM", "Mon dd HH:MM:SS YYYY", with the
//   month in one of a dozen languages or as a number with the sign of Chinese, Japanese or Korean;
//   "YYYY-MM-DD HH:MM[:SS[.fraction]] [zone]", "dd.mm.yyyy [HH:MM]", "MM-DD HH:MM", "MM-DD YYYY", "M D HH:MM",
//   "M D YYYY".
// Only a time with a zone counts as exact. `modified` is absent for a day that does not exist and for FileZilla Server's
// "??? ?? ?????"; `size` for devices and for rounded sizes ("33.5k"). Without a year, the latest one that makes the day
// not later than tomorrow is taken.
// Of "a -> b -> c" nobody can tell where the link's name ends, except by the size, which Unix servers set to
// the target's length: the split that agrees with it is taken, otherwise the first.
std::optional<model::DirEntry> parse_unix_line(std::string_view line, base::SystemTime now);

}  // namespace ftpsfs::ftp
