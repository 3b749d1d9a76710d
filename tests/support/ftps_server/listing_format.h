#pragma once

#include <sys/stat.h>

#include <ctime>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "path_resolver.h"
#include "personality.h"

namespace ftpsfs::testing {

struct ListingEntry {
  std::string name;
  std::string ftp_path;  // absolute
  struct stat status{};  // of the link itself
  std::string link_target;
};

// "." or ".."
bool is_dots(const ListingEntry& entry);

// One entry; the error is an errno value.
std::expected<ListingEntry, int> read_entry(const PathResolver& resolver, const std::string& ftp_path);
// All entries, sorted by name, with "." and ".." in front.
std::expected<std::vector<ListingEntry>, int> read_directory(const PathResolver& resolver,
                                                             const std::string& ftp_path);

// With what symbolic links point to instead of the links, and without dangling ones.
std::vector<ListingEntry> followed(std::vector<ListingEntry> entries, const PathResolver& resolver);

// "fact=value;fact=value; " without the name; "." and ".." become cdir and pdir.
std::string facts_line(const ListingEntry& entry, const Personality& personality, LinkFact links,
                       const PathResolver& resolver);

std::string utc_stamp(std::time_t time);  // YYYYMMDDHHMMSS
std::expected<std::time_t, int> parse_utc_stamp(std::string_view text);

}  // namespace ftpsfs::testing
