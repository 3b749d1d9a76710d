#include "listing_format.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>

namespace ftpsfs::testing {

namespace {

constexpr std::size_t kStampDigits = 14;

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

template <std::size_t Size>
std::string formatted_time(const char* format, std::time_t time) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, Size> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string perm_text(mode_t mode) {
  const bool readable = (mode & 0444U) != 0;
  const bool writable = (mode & 0222U) != 0;
  if (S_ISDIR(mode)) return writable ? (readable ? "flcdmpe" : "fcdmpe") : (readable ? "fle" : "fe");
  return std::string(readable ? "r" : "") + (writable ? "adfw" : "");
}

std::string octal_mode(mode_t mode) {
  std::array<char, 8> text{};
  const int size = std::snprintf(text.data(), text.size(), "%04o", mode & 07777U);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string unique_text(const struct stat& status) {
  std::array<char, 64> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%lxU%lx", static_cast<unsigned long>(status.st_dev),
                    static_cast<unsigned long>(status.st_ino));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string type_fact(const ListingEntry& entry, LinkFact links) {
  const mode_t mode = entry.status.st_mode;
  if (entry.name == ".") return "cdir";
  if (entry.name == "..") return "pdir";
  if (S_ISDIR(mode)) return "dir";
  if (!S_ISLNK(mode)) return "file";
  if (links == LinkFact::unix_symlink) return "OS.unix=symlink";
  return links == LinkFact::unix_slink ? "OS.unix=slink:" : "OS.unix=slink:" + entry.link_target;
}

// Empty if the fact does not apply to this entry.
std::string fact_value(std::string_view fact, const ListingEntry& entry, LinkFact links, bool has_sizd) {
  const auto& status = entry.status;
  const bool is_directory = S_ISDIR(status.st_mode);
  if (fact == "type") return type_fact(entry, links);
  if (fact == "size") return is_directory && has_sizd ? "" : std::to_string(status.st_size);
  if (fact == "sizd") return is_directory ? std::to_string(status.st_size) : "";
  if (fact == "modify") return utc_stamp(status.st_mtime);
  if (fact == "perm" || fact == "perms") return perm_text(status.st_mode);
  if (fact == "unique") return unique_text(status);
  if (fact == "UNIX.mode") return octal_mode(status.st_mode);
  if (fact == "UNIX.uid" || fact == "UNIX.owner") return std::to_string(status.st_uid);
  if (fact == "UNIX.gid" || fact == "UNIX.group") return std::to_string(status.st_gid);
  return "";
}

ListingEntry followed(const ListingEntry& entry, const PathResolver& resolver) {
  ListingEntry target = entry;
  const auto path = resolver.resolve(entry.ftp_path, true);
  if (path) ::stat(path->c_str(), &target.status);
  return target;
}

}  // namespace

bool is_dots(const ListingEntry& entry) { return entry.name == "." || entry.name == ".."; }

std::expected<ListingEntry, int> read_entry(const PathResolver& resolver, const std::string& ftp_path) {
  const auto path = resolver.resolve(ftp_path, false);
  if (!path) return std::unexpected(path.error());
  ListingEntry entry;
  entry.ftp_path = ftp_path;
  entry.name = ftp_path.substr(ftp_path.rfind('/') + 1);
  if (::lstat(path->c_str(), &entry.status) != 0) return std::unexpected(errno);
  if (S_ISLNK(entry.status.st_mode)) {
    std::array<char, PATH_MAX> target{};
    const auto size = ::readlink(path->c_str(), target.data(), target.size());
    if (size > 0) entry.link_target.assign(target.data(), static_cast<std::size_t>(size));
  }
  return entry;
}

std::expected<std::vector<ListingEntry>, int> read_directory(const PathResolver& resolver,
                                                             const std::string& ftp_path) {
  const auto path = resolver.resolve(ftp_path, true);
  if (!path) return std::unexpected(path.error());
  const std::unique_ptr<DIR, DirectoryCloser> directory(::opendir(path->c_str()));
  if (!directory) return std::unexpected(errno);
  std::vector<ListingEntry> entries;
  // readdir() is safe as long as each thread has a DIR of its own.
  while (const dirent* found = ::readdir(directory.get())) {
    const std::string name = found->d_name;
    const std::string child = name == "." || name == ".." ? PathResolver::normalise(ftp_path, name)
                              : ftp_path == "/"           ? "/" + name
                                                          : ftp_path + "/" + name;
    auto entry = read_entry(resolver, child);
    if (!entry) continue;  // deleted meanwhile
    entry->name = name;
    entries.push_back(std::move(*entry));
  }
  const auto before = [](const ListingEntry& a, const ListingEntry& b) {
    return is_dots(a) == is_dots(b) ? a.name < b.name : is_dots(a);
  };
  std::sort(entries.begin(), entries.end(), before);
  return entries;
}

std::vector<ListingEntry> followed(std::vector<ListingEntry> entries, const PathResolver& resolver) {
  std::erase_if(entries, [&](ListingEntry& entry) {
    if (!S_ISLNK(entry.status.st_mode)) return false;
    const auto path = resolver.resolve(entry.ftp_path, true);
    return !path || ::stat(path->c_str(), &entry.status) != 0;
  });
  return entries;
}

std::string facts_line(const ListingEntry& entry, const Personality& personality, LinkFact links,
                       const PathResolver& resolver) {
  const bool follow = links == LinkFact::follow && S_ISLNK(entry.status.st_mode);
  ListingEntry shown = follow ? followed(entry, resolver) : entry;
  if (links == LinkFact::follow_type && S_ISLNK(entry.status.st_mode)) {
    const mode_t type = followed(entry, resolver).status.st_mode & S_IFMT;
    shown.status.st_mode = type | (entry.status.st_mode & ~static_cast<mode_t>(S_IFMT));
  }
  const auto& facts = personality.mlst_facts;
  const bool has_sizd = std::find(facts.begin(), facts.end(), "sizd") != facts.end();
  std::string line;
  for (const auto& fact : facts) {
    const std::string value = fact_value(fact, shown, links, has_sizd);
    if (!value.empty()) line += fact + "=" + value + ";";
  }
  return line + " ";
}

std::string utc_stamp(std::time_t time) { return formatted_time<32>("%Y%m%d%H%M%S", time); }

std::expected<std::time_t, int> parse_utc_stamp(std::string_view text) {
  if (text.size() < kStampDigits || (text.size() > kStampDigits && text[kStampDigits] != '.')) {
    return std::unexpected(EINVAL);
  }
  bool valid = true;
  const auto number = [&](std::size_t at, std::size_t count) {
    int value = 0;
    const char* first = text.data() + at;
    const auto [end, error] = std::from_chars(first, first + count, value);
    valid = valid && error == std::errc{} && end == first + count && value >= 0;
    return value;
  };
  std::tm parts{};
  parts.tm_year = number(0, 4) - 1900;
  parts.tm_mon = number(4, 2) - 1;
  parts.tm_mday = number(6, 2);
  parts.tm_hour = number(8, 2);
  parts.tm_min = number(10, 2);
  parts.tm_sec = number(12, 2);
  if (!valid || parts.tm_mon < 0 || parts.tm_mon > 11 || parts.tm_mday < 1 || parts.tm_mday > 31) {
    return std::unexpected(EINVAL);
  }
  return ::timegm(&parts);
}

}  // namespace ftpsfs::testing
